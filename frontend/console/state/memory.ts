/** Small things that this browser remembers; without storage it forgets them, and nothing breaks. */
export function remembered(name: string): string | null {
  try {
    return localStorage.getItem(`frontdesk.${name}`);
  } catch {
    return null;
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`frontdesk.${name}`, value);
  } catch {
    // A browser that keeps nothing is a person's choice.
  }
}
