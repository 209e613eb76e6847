/** Where one is signed in; any of it can be ended. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { del, type Schemas } from "@/api/client";
import { useOne } from "@/api/hooks";
import { t } from "@/i18n";
import { Badge, Button, Card, Confirm, ProblemBox, Skeleton, Time, toast, toastProblem } from "@/ui";

type Session = Schemas["SessionOfMine"];

export function Sessions(): JSX.Element {
  const list = useOne("/v1/me/sessions");
  const [asked, setAsked] = useState(false);
  const others = list.data?.data.filter((one) => !one.current) ?? [];
  const end = async (all: Session[]) => {
    try {
      for (const one of all) await del("/v1/me/sessions/{id}", { path: { id: one.session_id } });
      toast(t("settings.session_ended"));
    } catch (error) {
      toastProblem(error);
    }
    await list.reload();
  };
  return (
    <Card title={t("settings.sessions")} actions={others.length > 1 && <Button small onClick={() => setAsked(true)}>{t("settings.session_end_others")}</Button>}>
      <p class="muted">{t("settings.sessions_why")}</p>
      {!list.data && (list.problem ? <ProblemBox problem={list.problem} retry={() => void list.reload()} /> : <Skeleton />)}
      <ul class="settings-list" aria-label={t("settings.sessions")}>
        {list.data?.data.map((one) => (
          <li key={one.session_id}>
            <div>
              <strong>{machineOf(one.user_agent)}</strong> {one.current && <Badge tone="accent">{t("settings.session_this")}</Badge>}
              <div class="muted small">
                <span dir="ltr">{one.address}</span> · {t("settings.session_seen")} <Time at={one.last_seen_at} />
              </div>
            </div>
            {!one.current && <Button small aria-label={t("settings.session_end_of", { name: machineOf(one.user_agent) })} onClick={() => void end([one])}>{t("settings.session_end")}</Button>}
          </li>
        ))}
      </ul>
      <Confirm open={asked} title={t("settings.session_end_others")} yes={t("settings.session_end_others")} onYes={() => end(others)} onClose={() => setAsked(false)}>
        <p>{t("settings.session_end_what", { count: others.length })}</p>
      </Confirm>
    </Card>
  );
}

const BROWSERS = [["Edg", "Edge"], ["OPR", "Opera"], ["Firefox", "Firefox"], ["Chrome", "Chrome"], ["CriOS", "Chrome"], ["Safari", "Safari"]] as const;
const SYSTEMS = [["iPhone", "iPhone"], ["iPad", "iPad"], ["Android", "Android"], ["Windows", "Windows"], ["Mac OS", "macOS"], ["CrOS", "ChromeOS"], ["Linux", "Linux"]] as const;

/** "Chrome, Windows" of what a browser says of itself; all of it where nothing is known. */
function machineOf(agent: string): string {
  const found = [BROWSERS, SYSTEMS].map((all) => all.find(([mark]) => agent.includes(mark))?.[1]).filter(Boolean);
  return found.join(", ") || agent.slice(0, 60) || t("settings.session_unknown");
}
