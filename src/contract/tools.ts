/* The tools of the Model Context Protocol that every visible kind of job has. */

export type KindTool = 'create' | 'createAndWait' | 'get' | 'list' | 'cancel' | 'erase' | 'download' | 'files';

/**
 * Whether clients see a tool in the list, which models read in every conversation. Tools that are not listed can still be called. A tool
 * that is listed for jobs of all kinds has the argument `kind`.
 */
export type ToolListing = 'not listed' | 'listed' | 'listed for all kinds';

interface ToolTexts {
  /** Name that is unique among the tools of all kinds. */
  name: string;
  title: string;
  description: string;
  /** By default, only the tools that create and read a job are listed. */
  listing: ToolListing;
}

/** Names, texts and listings of tools that differ from the pattern. */
export type KindToolTexts = Partial<Record<KindTool, Partial<ToolTexts>>>;
