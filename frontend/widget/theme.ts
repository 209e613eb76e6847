/** Colours. Whatever a business chooses, what stands on it and beside it can be read (WCAG 2.2, 1.4.3 and 1.4.11). */

type Rgb = [number, number, number];

const READABLE = 4.5;
const PAPER: Record<"light" | "dark", Rgb> = { light: [255, 255, 255], dark: [23, 26, 33] };

/** Sets the colours that follow from the business's own. An unknown colour changes nothing. */
export function paint(root: HTMLElement, color: string, dark: boolean): void {
  const accent = read(root, color);
  if (!accent) return;
  const ink: Rgb = dark ? [255, 255, 255] : [0, 0, 0];
  const paper = PAPER[dark ? "dark" : "light"];
  let edge = accent;
  for (let share = 0.1; contrast(edge, paper) < READABLE && share <= 1; share += 0.1) edge = mixed(accent, ink, share);
  const on = contrast(accent, [255, 255, 255]) >= READABLE ? "#fff" : "#000";
  for (const [name, value] of [["accent", css(accent)], ["on", on], ["edge", css(edge)]]) {
    root.style.setProperty(`--${name}`, value as string);
  }
}

/** Any colour that CSS knows, as red, green and blue. */
function read(probe: HTMLElement, color: string): Rgb | null {
  if (!CSS.supports("color", color)) return null;
  probe.style.color = color;
  probe.style.color = `color-mix(in srgb, ${color}, ${color})`; // brings every notation to one
  const found = getComputedStyle(probe).color;
  probe.style.color = "";
  const numbers = (found.replace(/^color\(srgb/, "").match(/-?[\d.]+(e-?\d+)?/g) ?? []).slice(0, 3).map(Number);
  const scale = found.startsWith("color(") ? 255 : 1;
  return numbers.length === 3 ? (numbers.map((one) => Math.min(255, Math.max(0, one * scale))) as Rgb) : null;
}

function mixed(one: Rgb, other: Rgb, share: number): Rgb {
  return one.map((value, at) => value * (1 - share) + (other[at] as number) * share) as Rgb;
}

function css(color: Rgb): string {
  return `rgb(${color.map(Math.round).join(" ")})`;
}

function contrast(one: Rgb, other: Rgb): number {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
