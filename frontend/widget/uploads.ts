/** Files on their way to the gateway, before the message that carries them. */

export interface Upload {
  name: string;
  /** From 0 to 1 while it is under way, then 1. */
  share: number;
  token: string;
  /** Why it was not taken: a name of a sentence, or "". */
  problem: "" | "large" | "kind" | "many" | "lost";
  cancel(): void;
}

export const MOST_BYTES = 16 * 1024 * 1024;
export const MOST_FILES = 10;
export const KINDS = "image/jpeg,image/png,image/gif,image/webp,audio/*,video/*,application/pdf,text/plain,text/csv";

const PROBLEMS: Record<number, Upload["problem"]> = { 413: "large", 415: "kind", 429: "many" };

/** Sends one file; `changed` is called as it goes on. XMLHttpRequest, because fetch tells no progress. */
export function upload(origin: string, token: () => Promise<string>, file: File, changed: () => void): Upload {
  const request = new XMLHttpRequest();
  const one: Upload = { name: file.name, share: 0, token: "", problem: "", cancel: () => request.abort() };
  const fail = (problem: Upload["problem"]): void => {
    one.problem = problem;
    changed();
  };
  if (file.size > MOST_BYTES) {
    one.problem = "large";
    return one;
  }
  request.upload.onprogress = (event) => {
    one.share = event.total ? event.loaded / event.total : 0;
    changed();
  };
  request.onload = () => {
    if (request.status !== 201) return fail(PROBLEMS[request.status] ?? "lost");
    one.token = (JSON.parse(request.responseText) as { upload: string }).upload;
    one.share = 1;
    changed();
  };
  request.onerror = () => fail("lost");
  token().then(
    (bearer) => {
      request.open("POST", `${origin}/webchat/uploads`);
      request.setRequestHeader("Authorization", `Bearer ${bearer}`);
      request.setRequestHeader("X-Filename", encodeURIComponent(file.name));
      if (file.type) request.setRequestHeader("Content-Type", file.type);
      request.send(file);
    },
    () => fail("lost"),
  );
  return one;
}
