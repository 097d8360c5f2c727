/** A fragment that is safe in a page. */
export interface Html {
  html: string;
}

/** Creates a fragment. Escapes every value that is not a fragment itself. */
export function html(texts: TemplateStringsArray, ...values: (string | Html | Html[])[]): Html {
  const parts = values.map((value) => {
    if (typeof value === 'string') return escaped(value);
    return Array.isArray(value) ? value.map((one) => one.html).join('') : value.html;
  });
  return { html: texts.reduce((all, text, index) => `${all}${parts[index - 1]}${text}`) };
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
