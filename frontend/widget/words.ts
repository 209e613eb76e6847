/** The widget's own sentences. They are fetched in the one language that a page needs: gateway/webchat/words. */

export type Words = Record<
  | "title" | "open" | "unread" | "close" | "sound" | "empty" | "message" | "write" | "send" | "attach" | "sending" | "sent"
  | "seen" | "again" | "discard" | "remove" | "offline" | "closed" | "signin" | "ai" | "team" | "writing" | "newer" | "long"
  | "refused" | "large" | "kind" | "many" | "lost" | "file" | "before" | "start" | "skip" | "optional" | "needed" | "email"
  | "phone" | "choose" | "agree" | "more",
  string
>;

const LANGUAGES = ["en", "ar", "de", "es", "fr", "hi", "pt", "sv"];
const PAUSE_MS = 1000;
const LONGEST = 5;

/** The language to speak: that which the page asked for, else that of the page, else that of the browser. */
export function language(asked: string): string {
  const wanted = [asked, document.documentElement.lang, ...navigator.languages].map((one) => one.slice(0, 2).toLowerCase());
  return wanted.find((one) => LANGUAGES.includes(one)) ?? "en";
}

/** The sentences in a language, as soon as they can be had. */
export function words(origin: string, spoken: string): Promise<Words> {
  return persist(async () => {
    const answer = await fetch(`${origin}/webchat/words/${spoken}.json`, { credentials: "omit" });
    if (!answer.ok) throw new Error(String(answer.status));
    return (await answer.json()) as Words;
  });
}

/** Tries until it works, at growing intervals; `tries` counts what failed. */
export async function persist<Result>(work: (tries: number) => Promise<Result>): Promise<Result> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work(tries);
    } catch {
      await new Promise((go) => setTimeout(go, PAUSE_MS * 2 ** Math.min(tries, LONGEST)));
    }
  }
}

export function filled(sentence: string, value: string | number): string {
  return sentence.replace(/\{\w+\}/, () => String(value));
}
