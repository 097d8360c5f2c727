export { evaluateExpression } from './evaluate.ts';
export { parseExpression } from './parse.ts';
export { substituteVariables } from './substitute.ts';
export { expressionText } from './text.ts';
export type * from './types.ts';
