/** What people and models write, as nodes: addresses become links, a little markdown is shown, markup stays text. */

import { element } from "./dom";

const BARE = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]*_]/;
// In order: code, [text](address), a bare address, **strong** or *strong* as on WhatsApp, _emphasis_.
const MARKS = new RegExp(
  "`([^`\\n]+)`" +
    "|\\[([^\\]\\n]+)\\]\\(([^()\\s]+)\\)" +
    `|(${BARE.source})` +
    "|\\*\\*?(?=\\S)([^*\\n]*[^*\\s])\\*\\*?" +
    "|_(?=\\S)([^_\\n]*[^_\\s])_",
  "g",
);
const SAFE = /^(https?:\/\/|mailto:|tel:)/i;

/** A link that can't reach back into the page; null when the address is not the web's. */
export function link(address: string, text: string): HTMLAnchorElement | null {
  if (!SAFE.test(address)) return null;
  const anchor = element("a", "", text);
  anchor.href = address;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer nofollow";
  return anchor;
}

/** The visitor's own words, as they are. */
export function plain(text: string): Node[] {
  const nodes: Node[] = [];
  let end = 0;
  for (const match of text.matchAll(new RegExp(BARE.source, "g"))) {
    nodes.push(new Text(text.slice(end, match.index)), link(match[0], match[0]) as Node);
    end = match.index + match[0].length;
  }
  return [...nodes, new Text(text.slice(end))];
}

/** The words of our side. */
export function marked(text: string): Node[] {
  return spans(text.replace(/^#{1,4} (.+)$/gm, "**$1**").replace(/^([ \t]*)[-*] (?=\S)/gm, "$1• "), 0);
}

function spans(text: string, depth: number): Node[] {
  const nodes: Node[] = [];
  let end = 0;
  for (const match of depth > 2 ? [] : text.matchAll(MARKS)) {
    const node = span(match, text, depth);
    if (!node) continue;
    nodes.push(new Text(text.slice(end, match.index)), node);
    end = match.index + match[0].length;
  }
  return [...nodes, new Text(text.slice(end))];
}

function span(match: RegExpMatchArray, text: string, depth: number): Node | null {
  const [whole, code, words, target, bare, strong, emphasis] = match;
  if (code) return element("code", "", code);
  if (words && target) return link(target, words);
  if (bare) return link(bare, bare);
  const at = match.index ?? 0;
  const inside = /[\p{L}\p{N}]/u; // 2*3*4 and snake_case_names are not meant
  if (inside.test(text.charAt(at - 1)) || inside.test(text.charAt(at + whole.length))) return null;
  const node = element(strong ? "strong" : "em");
  node.append(...spans(strong ?? emphasis ?? "", depth + 1));
  return node;
}
