// How the page speaks to its own sandbox.

export async function ask(method, path, body) {
  const request = { method, headers: {} };
  if (body !== undefined) {
    request.headers["Content-Type"] = "application/json";
    request.body = JSON.stringify(body);
  }
  const answer = await fetch(path, request);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.detail || `The sandbox answered ${answer.status}.`);
  return told;
}

// Calls `handlers[event](data)` for every live event; `state` hears "on" and "off". A browser reconnects by itself.
export function listen(handlers, state) {
  const source = new EventSource("/_sandbox/events");
  source.addEventListener("hello", () => state("on"));
  source.addEventListener("error", () => state("off"));
  for (const [event, handler] of Object.entries(handlers)) {
    source.addEventListener(event, (message) => handler(JSON.parse(message.data)));
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(`frontdesk-sandbox-${key}`, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing still works.
  }
}

export function recall(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`frontdesk-sandbox-${key}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

export function drawing(className, viewBox, path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", className);
  svg.setAttribute("viewBox", viewBox);
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export function clock(seconds, long) {
  const shape = { hour: "2-digit", minute: "2-digit", ...(long ? { second: "2-digit" } : {}) };
  return new Date(seconds * 1000).toLocaleTimeString([], shape);
}
