import type { Locator, Page } from 'playwright-core';

type Box = NonNullable<Awaited<ReturnType<Locator['boundingBox']>>>;

/** Changes the responses at a path, until `page.unrouteAll()`. */
// biome-ignore lint/suspicious/noExplicitAny: responses are changed field by field
export async function change(page: Page, path: RegExp, edit: (body: any) => void): Promise<void> {
  await page.route(path, async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    edit(body);
    await route.fulfill({ response, json: body });
  });
}

export async function boxOf(locator: Locator): Promise<Box> {
  const box = await locator.boundingBox();
  if (!box) throw new Error('the element is not visible');
  return box;
}

export async function boxesOf(locator: Locator): Promise<Box[]> {
  await locator.first().waitFor();
  return Promise.all((await locator.all()).map(boxOf));
}

/** Returns the texts of elements that are too narrow for their text. */
export function cutOff(locator: Locator): Promise<string[]> {
  return locator.evaluateAll((elements) =>
    elements.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent ?? ''),
  );
}

/** The words of a text that reach beyond its sides, or below a button. */
export async function misplacedWords(text: Locator, button: Locator): Promise<string[]> {
  const [words, frame, obstacle] = await Promise.all([wordsOf(text), boxOf(text), boxOf(button)]);
  if (words.length === 0) throw new Error('the text has no words');
  return words.filter(({ box }) => !isInside(box, frame) || overlaps(box, obstacle)).map(({ word }) => word);
}

function isInside(box: Box, frame: Box): boolean {
  return box.x >= frame.x && box.x + box.width <= frame.x + frame.width;
}

function overlaps(one: Box, other: Box): boolean {
  const isBeside = one.x >= other.x + other.width || other.x >= one.x + one.width;
  const isBelow = one.y >= other.y + other.height || other.y >= one.y + one.height;
  return !isBeside && !isBelow;
}

/** Each row of each word. */
function wordsOf(locator: Locator): Promise<{ word: string; box: Box }[]> {
  return locator.evaluate((element) => {
    const document = element.ownerDocument;
    const texts = document.createTreeWalker(element, 4);
    const found = [];
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      for (const { index, 0: word } of text.textContent!.matchAll(/\S+/g)) {
        const range = document.createRange();
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        for (const { x, y, width, height } of range.getClientRects())
          found.push({ word, box: { x, y, width, height } });
      }
    }
    return found;
  });
}
