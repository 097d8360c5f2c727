/* The tools of the Model Context Protocol that every visible kind of job has. */

export type KindTool = 'create' | 'createAndWait' | 'get' | 'list' | 'cancel' | 'erase' | 'download' | 'files';

interface ToolTexts {
  /** Unique among the tools of all kinds. */
  name: string;
  title: string;
  description: string;
}

/** Names and texts of tools that differ from the pattern. */
export type KindToolTexts = Partial<Record<KindTool, Partial<ToolTexts>>>;
