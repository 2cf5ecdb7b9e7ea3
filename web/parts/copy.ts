/** Puts text on the clipboard and says what came of it; where the browser refuses, the text itself can be marked and copied. */
export async function copied(what: string, text: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    return `${what} copied`;
  } catch {
    return `This browser does not let the page copy. ${what}: ${text}`;
  }
}
