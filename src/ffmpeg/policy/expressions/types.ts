/** FFmpeg's expression language (libavutil/eval.c), limited to its bounded part: no loops, no output. */
export type Expression =
  | { type: 'number'; value: number }
  | { type: 'variable'; name: string }
  | { type: 'unary'; operator: '-' | '+'; operand: Expression }
  | { type: 'binary'; operator: '+' | '-' | '*' | '/' | '^' | ';'; left: Expression; right: Expression }
  | { type: 'call'; name: string; arguments: Expression[] };

export type ExpressionResult =
  | {
      ok: true;
      expression: Expression;
      /** Number of the expression's numbers, names, operators and calls. */
      parts: number;
    }
  | {
      ok: false;
      /** Characters from the start of the expression to the fault. */
      offset: number;
      reason: string;
      suggestion: string;
    };

/** The names and functions that an expression may use, and the limit of its size. */
export interface ExpressionRules {
  variables: readonly string[];
  /**
   * Functions in addition to the arithmetic functions of every expression, such as `p` and `lum` of `geq`, with their number of arguments.
   */
  functions?: Readonly<Record<string, number>>;
  /** Maximum number of nodes. Each node is evaluated once per frame, or once per pixel in `geq`. Default: 400. */
  maxNodes?: number;
}
