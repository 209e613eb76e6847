/** What was begun and not sent, kept in this browser for each conversation. */
const PLACE = "frontdesk.draft.";

export function draftOf(id: string): string {
  try {
    return localStorage.getItem(PLACE + id) ?? "";
  } catch {
    return "";
  }
}

export function keepDraft(id: string, text: string): void {
  try {
    if (text) localStorage.setItem(PLACE + id, text);
    else localStorage.removeItem(PLACE + id);
  } catch {
    // Without storage a draft lasts as long as the page.
  }
}
