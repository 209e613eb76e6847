/** Who answers a number; another agent closes what is open, and that can be taken back. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { post, type Schemas } from "@/api/client";
import { useList } from "@/api/hooks";
import { t } from "@/i18n";
import { to } from "@/router";
import { can } from "@/session";
import { Badge, Button, Card, Confirm, ProblemBox, Select, Skeleton, Time, toast, toastProblem } from "@/ui";
import type { OurNumber } from "./new_number";
import { Opening } from "./opening";

type Agent = Schemas["Agent"];
type Archive = Schemas["Archive"];
const UNDO_MS = 7 * 86_400_000;
const MOST = 200;

export function Answering({ number }: { number: OurNumber }): JSX.Element {
  const agents = useList("/v1/agents", { query: { limit: 200 } });
  const archives = useList("/v1/archives", { query: { limit: 100 } });
  const open = useList(can("conversations:read") ? "/v1/conversations" : undefined, { query: { phone_number_id: number.id, is_active: true, limit: MOST } });
  const [chosen, setChosen] = useState("");
  const [asking, setAsking] = useState<"link" | "unlink">();
  if (agents.problem) return <ProblemBox problem={agents.problem} retry={() => void agents.reload()} />;
  if (agents.loading && !agents.items.length) return <Skeleton lines={4} />;
  const now = agents.items.find((one) => one.phone_number_id === number.id);
  const others = agents.items.filter((one) => one !== now);
  const reload = () => void (agents.reload(), archives.reload(), open.reload());
  const done = ({ archived_conversations_count: count }: { archived_conversations_count: number }) => (toast(t("health.archived", { count })), setChosen(""), reload());
  const act = () => {
    if (asking === "unlink") return post("/v1/agents/{id}/unlink", { path: { id: now!.agent_id }, body: {} as never }).then(done).catch(toastProblem);
    return post("/v1/agents/{id}/link", { path: { id: chosen }, body: { phone_number_id: number.id } as never }).then(done).catch(toastProblem);
  };
  const name = others.find((one) => one.agent_id === chosen)?.name ?? "";
  const elsewhere = others.find((one) => one.agent_id === chosen)?.phone_number_id;
  const count = open.items.length;
  const options = [{ value: "", label: t("health.choose_agent") }, ...others.map((one) => ({ value: one.agent_id, label: one.phone_number_id ? t("health.agent_busy", { name: one.name }) : one.name }))];
  return (
    <>
      <Card title={t("health.tab.agent")}>
        <p>{now ? <>{t("health.answered_by")} <a dir="auto" href={to(`/agents/${now.agent_id}`)}>{now.name}</a></> : <Badge tone="warn" icon="alert">{t("health.nobody")}</Badge>}</p>
        {can("agents:write") && (
          <div class="health-link">
            {others.length > 0 && <Select label={now ? t("health.other_agent") : t("health.which_agent")} value={chosen} options={options} onChange={setChosen} />}
            <div class="row">
              {others.length > 0 && <Button kind="primary" disabled={!chosen} onClick={() => setAsking("link")}>{now ? t("health.relink") : t("health.link")}</Button>}
              {now && <Button onClick={() => setAsking("unlink")}>{t("health.unlink")}</Button>}
            </div>
          </div>
        )}
      </Card>
      {now && <Opening agent={now} />}
      <Archives archives={archives.items.filter((one) => one.phone_number_id === number.id)} agents={agents.items} onUndone={reload} />
      <Confirm open={Boolean(asking)} title={asking === "unlink" ? t("health.unlink_ask", { name: now?.name ?? "" }) : t("health.link_ask", { name })} yes={asking === "unlink" ? t("health.unlink") : now ? t("health.relink") : t("health.link")} onYes={act} onClose={() => setAsking(undefined)}>
        {now && <p>{open.hasMore ? t("health.closes_many", { count }) : t("health.closes", { count })} {t("health.undo_hint")}</p>}
        {asking === "link" && elsewhere && <p>{t("health.leaves")}</p>}
        {asking === "unlink" && <p>{t("health.nobody_then")}</p>}
      </Confirm>
    </>
  );
}

function Archives({ archives, agents, onUndone }: { archives: Archive[]; agents: Agent[]; onUndone: () => void }): JSX.Element | null {
  const [busy, setBusy] = useState("");
  if (!archives.length) return null;
  const name = (id: string | null) => (id ? agents.find((one) => one.agent_id === id)?.name ?? id : t("health.nobody"));
  const undo = (id: string) => {
    setBusy(id);
    post("/v1/archives/{id}/undo", { path: { id } })
      .then(({ reopened_conversations_count: count }) => (toast(t("health.reopened", { count })), onUndone()))
      .catch(toastProblem)
      .finally(() => setBusy(""));
  };
  return (
    <Card title={t("health.changes")}>
      <ul class="health-archives">
        {archives.map((one) => (
          <li key={one.archive_id}>
            <span>
              <span dir="auto">{name(one.old_agent_id)}</span> → <span dir="auto">{name(one.new_agent_id)}</span>
              <span class="muted small"> · <Time at={one.archived_at} /> · {t("health.closed", { count: one.archived_conversations_count })}</span>
            </span>
            {one.undone_at ? <Badge>{t("health.undone")}</Badge>
              : can("agents:write") && Date.now() - Date.parse(one.archived_at) < UNDO_MS && <Button small icon="undo" busy={busy === one.archive_id} onClick={() => undo(one.archive_id)}>{t("health.undo")}</Button>}
          </li>
        ))}
      </ul>
    </Card>
  );
}
