import type { Expression } from './types.ts';

/** Returns the expression with each variable of the map replaced. Other variables do not change. */
export function substituteVariables(
  expression: Expression,
  replacements: Readonly<Record<string, Expression>> | ReadonlyMap<string, Expression>,
): Expression {
  const map = replacements instanceof Map ? replacements : new Map(Object.entries(replacements));
  const replace = (node: Expression): Expression => {
    switch (node.type) {
      case 'number':
        return node;
      case 'variable':
        return map.get(node.name) ?? node;
      case 'unary':
        return { ...node, operand: replace(node.operand) };
      case 'binary':
        return { ...node, left: replace(node.left), right: replace(node.right) };
      case 'call':
        return { ...node, arguments: node.arguments.map(replace) };
    }
  };
  return replace(expression);
}
