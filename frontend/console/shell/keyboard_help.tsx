/** The keys of the console. */
import type { JSX } from "preact";
import { type Key, t } from "../i18n";
import { Dialog } from "../ui";

const KEYS: [string[], Key][] = [
  [["/", "Ctrl K"], "shell.keys.search"],
  [["j", "k"], "shell.keys.walk"],
  [["Enter"], "shell.keys.open"],
  [["Esc"], "shell.keys.close"],
  [["g i"], "shell.nav.inbox"],
  [["g l"], "shell.nav.leads"],
  [["g m"], "shell.nav.meetings"],
  [["g c"], "shell.nav.customers"],
  [["g a"], "shell.nav.agents"],
  [["g h"], "shell.nav.health"],
  [["g s"], "shell.nav.settings"],
  [["?"], "shell.keys.help"],
];

export function KeyboardHelp({ open, onClose }: { open: boolean; onClose: () => void }): JSX.Element {
  return (
    <Dialog open={open} title={t("shell.keys.title")} onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([keys, text]) => (
          <div key={text}>
            <dt>{keys.map((key) => <kbd key={key} dir="ltr">{key}</kbd>)}</dt>
            <dd>{t(text)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
