import type { KindTool, KindToolTexts } from '../../contract/tools.ts';

type Texts = Required<NonNullable<KindToolTexts[KindTool]>>;

interface NamedKind {
  name: string;
  nouns: { one: string; many: string };
  tools?: KindToolTexts;
}

/**
 * Returns the names and texts of a kind's tools. Uses the texts of the kind if it defines them, and otherwise a pattern with the nouns of
 * the kind.
 */
export function textsOfKind(kind: NamedKind): Record<KindTool, Texts> {
  const names = namesOf(kind);
  const pattern = patternOf(kind.nouns, names);
  const texts = (tool: KindTool): Texts => ({
    ...pattern[tool],
    listing: tool === 'create' || tool === 'get' ? 'listed' : 'not listed',
    ...kind.tools?.[tool],
    name: names[tool],
  });
  return {
    create: texts('create'),
    createAndWait: texts('createAndWait'),
    get: texts('get'),
    list: texts('list'),
    cancel: texts('cancel'),
    erase: texts('erase'),
    download: texts('download'),
    files: texts('files'),
  };
}

type Names = Record<KindTool, string>;

function namesOf({ name, nouns, tools = {} }: NamedKind): Names {
  const one = name.replaceAll(/\W/g, '_');
  const many = nouns.many.replaceAll(/\W/g, '_');
  const pattern: Names = {
    create: `create_${one}`,
    createAndWait: `create_${one}_and_wait`,
    get: `get_${one}`,
    list: `list_${many}`,
    cancel: `cancel_${one}`,
    erase: `erase_${one}`,
    download: `get_${one}_download_url`,
    files: `list_${one}_files`,
  };
  return Object.fromEntries(
    Object.entries(pattern).map(([tool, own]) => [tool, tools[tool as KindTool]?.name ?? own]),
  ) as Names;
}

function patternOf({ one, many }: NamedKind['nouns'], names: Names): Record<KindTool, Omit<Texts, 'name' | 'listing'>> {
  const aOne = `${/^[aeiou]/.test(one) ? 'an' : 'a'} ${one}`;
  return {
    create: {
      title: `Create ${aOne}`,
      description: `Create ${aOne}. Returns it immediately. Follow it with ${names.get}.`,
    },
    createAndWait: {
      title: `Create ${aOne} and wait`,
      description: `Create ${aOne} as ${names.create} does, wait until it ends, and return it with a signed link to each output. Reports progress. After \`timeoutSeconds\`, it returns \`timedOut\` and the ${one}, which continues to run. Canceling the call cancels the ${one}.`,
    },
    get: {
      title: `Read ${aOne}`,
      description: `Read the state of ${aOne}: its status and outputs, and why it failed if it did. With \`wait\`, returns when it ends.`,
    },
    list: {
      title: `List ${many}`,
      description: `List the ${many} of the account, newest first. A page has 20 unless you set \`limit\`.`,
    },
    cancel: {
      title: `Cancel ${aOne}`,
      description: `Cancel ${aOne} that is waiting or running, and delete the outputs that it has completed. You cannot cancel ${aOne} that has ended.`,
    },
    erase: {
      title: `Erase ${aOne}`,
      description: `Delete the outputs of ${aOne}, and the uploads that it used, immediately. This cannot be undone. If the ${one} is running, it is canceled first.`,
    },
    download: {
      title: 'Get a download link',
      description: `Get a signed link to an output of ${aOne}. The link expires after ten minutes. If there are several outputs, name one in \`output\`. For an output of many files, the link is to a zip of all files, unless you name one in \`file\`.`,
    },
    files: {
      title: 'List the files of an output',
      description: `List the files of an output of ${aOne}, for \`file\` of ${names.download}.`,
    },
  };
}
