/** Nodes. Nothing here reads markup, so it works where a page's policy demands trusted types. */

const ICONS = {
  chat: "M21 12a8 8 0 0 1-11.6 7.1L4 21l1.6-4.6A8 8 0 1 1 21 12z",
  close: "M6 6l12 12M18 6L6 18",
  down: "M6 9l6 6 6-6",
  send: "M12 19V5M5.5 11.5L12 5l6.5 6.5",
  clip: "M20.5 11.5l-8.6 8.6a5.5 5.5 0 0 1-7.8-7.8l8.6-8.6a3.7 3.7 0 0 1 5.2 5.2l-8.6 8.6a1.8 1.8 0 0 1-2.6-2.6l7.9-7.9",
  sound: "M6 9a6 6 0 0 1 12 0c0 6 2.5 7.5 2.5 7.5h-17S6 15 6 9M10 20a2.2 2.2 0 0 0 4 0",
  mute: "M6 9a6 6 0 0 1 12 0c0 6 2.5 7.5 2.5 7.5h-17S6 15 6 9M10 20a2.2 2.2 0 0 0 4 0M3 3l18 18",
  file: "M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8zM14 3v5h5",
} as const;

export type Icon = keyof typeof ICONS;

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className = "",
  text = "",
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

export function describe(made: Element, given: Record<string, string>): void {
  for (const [name, value] of Object.entries(given)) made.setAttribute(name, value);
}

/** Listens to one or more kinds of events, until the signal. */
export function on<Kind extends Event = Event>(
  target: EventTarget,
  kinds: string,
  act: (event: Kind) => void,
  signal?: AbortSignal,
): void {
  for (const kind of kinds.split(" ")) target.addEventListener(kind, act as EventListener, { signal });
}

export function button(className: string, label: string, act: () => void, shown?: Icon): HTMLButtonElement {
  const made = element("button", className, shown ? "" : label);
  made.type = "button";
  if (shown) {
    made.append(icon(shown));
    describe(made, { "aria-label": label, title: label });
  }
  on(made, "click", act);
  return made;
}

export function icon(name: Icon): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  describe(svg, { viewBox: "0 0 24 24", "aria-hidden": "true" });
  describe(path, { d: ICONS[name] });
  svg.append(path);
  return svg;
}
