import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './sources.ts';

const FOLDERS = ['src', 'web', 'sdk', 'test', 'testkit', 'bench', 'scripts'];
const REGISTERS = /^(describe|it|test)$/;
const HOOKS = /^(before|after)(All|Each)$/;

export interface FunctionFacts {
  /** Name of the function, or of the variable or property to which it is assigned. */
  name: string;
  /** Number of lines from the first to the last line, without the test blocks in the function. */
  lines: number;
  parameters: number;
}

/** Returns the files in the folders to which the limits apply: paths below the root, and texts. */
export function readAllSources(): { path: string; text: string }[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  )
    .filter((path) => /\.(tsx?|mjs)$/.test(path) && !/(^|\/)(node_modules|dist)\//.test(path))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

/** Returns every function with a body, except test blocks. */
export function functionsOf(path: string, text: string): FunctionFacts[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: FunctionFacts[] = [];
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line;

  /** Returns the number of lines below the node that belong to test blocks. */
  function visit(node: ts.Node): number {
    let ofTests = 0;
    ts.forEachChild(node, (child) => {
      ofTests += visit(child);
    });
    if (!ts.isFunctionLike(node) || !('body' in node) || !node.body) return ofTests;
    const lines = lineOf(node.end) - lineOf(node.getStart()) + 1;
    if (isTestBlock(node)) return lines;
    found.push({ name: nameOf(node), lines: lines - ofTests, parameters: node.parameters.length });
    return ofTests;
  }
  visit(source);
  return found;
}

/**
 * Returns whether a function only registers tests: a callback of `describe`, `it` or `test`, or a function that consists of declarations,
 * hooks and calls of such functions. The length of such a function depends on the number of tests.
 */
function isTestBlock(node: ts.SignatureDeclaration): boolean {
  if (ts.isCallExpression(node.parent) && node.parent.expression !== node && REGISTERS.test(calleeOf(node.parent))) {
    return true;
  }
  const body = (node as ts.FunctionLikeDeclaration).body!;
  if (!ts.isBlock(body)) return false;
  const calls = body.statements.filter((statement) => !isDeclaration(statement)).map(calledIn);
  return calls.some((name) => REGISTERS.test(name)) && calls.every((name) => REGISTERS.test(name) || HOOKS.test(name));
}

function isDeclaration(statement: ts.Statement): boolean {
  return ts.isVariableStatement(statement) || ts.isFunctionDeclaration(statement);
}

function calledIn(statement: ts.Statement): string {
  return ts.isExpressionStatement(statement) && ts.isCallExpression(statement.expression)
    ? calleeOf(statement.expression)
    : '';
}

/** Returns `it` for `it(…)`, `it.each(rows)(…)` and `it.skipIf(reason)(…)`. */
function calleeOf(call: ts.CallExpression): string {
  let callee: ts.Expression = call.expression;
  while (!ts.isIdentifier(callee)) {
    if (ts.isCallExpression(callee) || ts.isPropertyAccessExpression(callee)) callee = callee.expression;
    else if (ts.isTaggedTemplateExpression(callee)) callee = callee.tag;
    else return '';
  }
  return callee.text;
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (ts.isConstructorDeclaration(node)) return `${node.parent.name?.text ?? ''}.constructor`;
  const named = node.name ?? (node.parent as { name?: ts.Node }).name;
  return named?.getText() ?? '(anonymous)';
}
