/** The start: the look, the words, who is signed in, and the first page. */
import { render } from "preact";
import { App } from "./app";
import { loadTexts, preferredLanguage, setLanguage, t } from "./i18n";
import { startRouter } from "./router";
import { loadMe } from "./session";
import { startTheme } from "./theme";
import "./style/tokens.css";
import "./style/base.css";
import "./style/parts.css";
import "./style/lists.css";
import "./style/shell.css";

const RELOADED = "frontdesk.reloaded";

async function start(): Promise<void> {
  startTheme();
  startRouter();
  await setLanguage(preferredLanguage());
  await Promise.all([loadTexts("common", "shell"), loadMe().catch(() => undefined)]);
  document.title = t("shell.name");
  render(<App />, document.getElementById("console")!);
}

// A page that is open while a new version is installed asks for a part that is gone: it loads itself anew, once.
addEventListener("vite:preloadError", (event) => {
  if (Date.now() - Number(sessionStorage.getItem(RELOADED) ?? 0) < 10_000) return;
  event.preventDefault();
  sessionStorage.setItem(RELOADED, String(Date.now()));
  location.reload();
});

void start();
