/** The templates of a WhatsApp number, as the provider has them. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { call } from "@/api/client";
import { useLoad } from "@/api/hooks";
import { t } from "@/i18n";
import { Badge, Button, Card, Empty, ProblemBox, Skeleton, Time, toastProblem } from "@/ui";
import { worded } from "./says";

interface Templates {
  data: { name: string; language: string; status: string; category: string; body: string }[];
  fetched_at: string;
}

export function TemplateList({ id }: { id: string }): JSX.Element {
  const ask = (query: Record<string, unknown>, signal?: AbortSignal) => call<Templates>("GET", "/v1/numbers/{id}/templates", { path: { id }, query, signal });
  const list = useLoad((signal) => ask({}, signal), id);
  const [busy, setBusy] = useState(false);
  if (!list.data) return list.problem ? <ProblemBox problem={worded(list.problem)} retry={() => void list.reload()} /> : <Skeleton lines={5} />;
  const again = () => {
    setBusy(true);
    ask({ fresh: true }).then(list.set).catch((error) => toastProblem(worded(error))).finally(() => setBusy(false));
  };
  return (
    <Card title={t("health.tab.templates")} actions={<Button small busy={busy} onClick={again}>{t("health.fetch")}</Button>}>
      <p class="muted small">{t("health.fetched")} <Time at={list.data.fetched_at} /></p>
      {!list.data.data.length ? <Empty icon="inbox" title={t("health.no_templates")}>{t("health.no_templates_hint")}</Empty> : (
        <ul class="health-archives">
          {list.data.data.map((one) => (
            <li key={`${one.name} ${one.language}`}>
              <div>
                <strong dir="ltr">{one.name}</strong> <span class="muted small" dir="ltr">{one.language} · {one.category.toLowerCase()}</span>
                <p dir="auto">{one.body}</p>
              </div>
              <Badge tone={/approved/i.test(one.status) ? "good" : /reject|disabled|paused/i.test(one.status) ? "danger" : "neutral"}>{one.status.toLowerCase()}</Badge>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
