/** Light or dark: as the system has it, until the person chooses. */
import { signal } from "@preact/signals";
import { remember, remembered } from "./state/memory";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export const theme = signal<Theme>("system");

export function setTheme(next: Theme): void {
  theme.value = next;
  remember("theme", next);
  document.documentElement.dataset.theme = next;
}

export function startTheme(): void {
  const chosen = remembered("theme");
  setTheme(THEMES.find((one) => one === chosen) ?? "system");
}
