/** How many alerts are open; the page has them all. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { call } from "../api/client";
import { useLoad } from "../api/hooks";
import { t } from "../i18n";
import { useLive } from "../live";
import { navigate } from "../router";
import { me } from "../session";
import { IconButton } from "../ui";

const EVERY_MS = 60_000;

export function AlertsBell(): JSX.Element {
  const alerts = useLoad((signal) => call<{ data: unknown[] }>("GET", "/v1/alerts", { query: { resolved: false, limit: 100 }, signal }), `alerts ${me.value?.business.user_id}`);
  useLive(["alert", "alert.raised", "alert.resolved", "resumed"], () => void alerts.reload());
  useEffect(() => {
    const timer = setInterval(() => document.hidden || void alerts.reload(), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const count = alerts.data?.data?.length ?? 0;
  return <IconButton label={t("shell.alerts", { count })} icon="bell" count={count} onClick={() => navigate("/alerts")} />;
}
