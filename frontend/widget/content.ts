/** What a message carries besides its words: files, links, choices. Addresses are the web's, texts are text. */

import type { Message } from "./protocol";

/** The nodes that stand below a message's words. `pick` is what a tapped choice says. */
export function carried(message: Message, pick: (title: string) => void): Node[] {
  const content = message.content ?? {};
  const nodes: (Node | null)[] = message.media.map((file) =>
    file.url ? shown(file.kind, file.url, file.filename || file.kind) : null,
  );
  if (message.kind === "choices") nodes.push(choices(content.options ?? [], pick));
  else if (content.url) nodes.push(shown(message.kind, content.url, content.title || content.filename || content.url));
  return nodes.filter((node): node is Node => node !== null);
}

function shown(kind: string, address: string, name: string): Node | null {
  if (!/^https?:\/\//i.test(address)) return null;
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer nofollow";
  anchor.className = "file";
  if (kind === "image" || kind === "sticker") {
    const image = document.createElement("img");
    image.src = address;
    image.alt = name;
    image.loading = "lazy";
    anchor.append(image);
  } else anchor.textContent = name;
  return anchor;
}

function choices(options: { title: string }[], pick: (title: string) => void): Node {
  const box = document.createElement("div");
  box.className = "choices";
  for (const option of options) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = option.title;
    button.addEventListener("click", () => {
      for (const other of box.querySelectorAll("button")) other.disabled = true;
      pick(option.title);
    });
    box.append(button);
  }
  return box;
}
