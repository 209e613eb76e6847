/** What another version would have said: stored messages answered again, beside what was answered then. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { post, type Schemas } from "@/api/client";
import { useOne } from "@/api/hooks";
import { formatList, formatMoney, formatNumber, t } from "@/i18n";
import { useLive } from "@/live";
import { to } from "@/router";
import { can } from "@/session";
import { Badge, Button, Card, Empty, Page, ProblemBox, Skeleton, Table, toastProblem } from "@/ui";
import { Differences } from "./diff";
import { RehearsalState } from "./try_version";

const LOOK_MS = 5_000; // beside the live stream, for as long as it runs
type Whole = Schemas["WholeRehearsal"];
type Turn = Schemas["TriedTurn"];
type Tried = Schemas["Tried"];

export function RehearsalPage({ promptId, id }: { promptId: string; id: string }): JSX.Element {
  const one = useOne("/v1/rehearsals/{id}", { path: { id } });
  const running = one.data?.state === "running";
  useLive("rehearsal", (word) => (word as unknown as { rehearsal_id: string }).rehearsal_id === id && void one.reload());
  useLive("resumed", () => void one.reload());
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => void one.reload(), LOOK_MS);
    return () => clearInterval(timer);
  }, [running]);
  const stop = () => post("/v1/rehearsals/{id}/stop", { path: { id } }).then(() => one.reload()).catch(toastProblem);
  const whole = one.data;
  return (
    <Page
      title={whole ? t("agents.rehearsal.title", { count: whole.version }) : t("agents.rehearsals")}
      back={{ to: `/agents/prompts/${promptId}`, label: t("agents.instructions") }}
      lead={t("agents.rehearsal.lead")}
      actions={running && can("prompts:write") && <Button onClick={() => void stop()}>{t("agents.rehearsal.stop")}</Button>}
    >
      {whole ? <Result whole={whole} /> : one.problem ? <ProblemBox problem={one.problem} retry={() => void one.reload()} /> : <Skeleton lines={8} />}
    </Page>
  );
}

function Result({ whole }: { whole: Whole }): JSX.Element {
  const tried = whole.data.filter((one) => one.now);
  const otherwise = tried.filter((one) => one.differs.length).length;
  return (
    <>
      <Card>
        <div class="agents-rehearsal" role="status">
          <RehearsalState rehearsal={whole} /> <span>{t("agents.rehearsal.progress", { count: whole.done, all: whole.turns })}</span>
          {whole.problem && <span class="muted">{whole.problem}</span>}
        </div>
        {whole.state === "running" && <progress class="agents-rehearsal-bar" aria-label={t("agents.rehearsals")} max={whole.turns} value={whole.done} />}
        {tried.length > 0 && (
          <>
            <p><strong>{otherwise ? t("agents.rehearsal.otherwise", { count: otherwise }) : t("agents.rehearsal.same")}</strong></p>
            <Summary turns={tried} />
          </>
        )}
      </Card>
      {whole.state !== "running" && !tried.length && <Empty icon="agent" title={t("agents.rehearsal.nothing")} />}
      <ol class="agents-rehearsal-turns">
        {tried.map((one) => <li key={one.turn_id}><Compared turn={one} /></li>)}
      </ol>
    </>
  );
}

interface Line {
  name: string;
  of: (side: readonly Tried[]) => string;
}

function Summary({ turns }: { turns: readonly Turn[] }): JSX.Element {
  const count = (right: (one: Tried) => boolean) => (side: readonly Tried[]) => formatNumber(side.filter(right).length);
  const lines: Line[] = [
    { name: t("agents.rehearsal.handed"), of: count((one) => one.action === "handoff") },
    { name: t("agents.rehearsal.used"), of: count((one) => one.tools.length > 0) },
    { name: t("agents.rehearsal.failed_ones"), of: count((one) => !!one.failure) },
    { name: t("agents.rehearsal.length"), of: (side) => formatNumber(Math.round(side.reduce((sum, one) => sum + one.text.length, 0) / side.length)) },
    { name: t("agents.rehearsal.cost"), of: (side) => (side.some((one) => one.cost_micros === null) ? "–" : formatMoney(side.reduce((sum, one) => sum + one.cost_micros!, 0) / 1e6)) },
  ];
  const then = turns.map((one) => one.then);
  const now = turns.map((one) => one.now!);
  return (
    <Table
      label={t("agents.rehearsals")}
      rows={lines}
      rowKey={(one) => one.name}
      columns={[
        { key: "name", label: t("agents.rehearsal.of"), render: (one) => one.name },
        { key: "then", label: t("agents.rehearsal.then"), end: true, render: (one) => one.of(then) },
        { key: "now", label: t("agents.rehearsal.now"), end: true, render: (one) => one.of(now) },
      ]}
    />
  );
}

function Compared({ turn }: { turn: Turn }): JSX.Element {
  const [words, setWords] = useState(false);
  const now = turn.now!;
  return (
    <Card>
      <div class="agents-rehearsal">
        {turn.differs.length ? turn.differs.map((what) => <Badge key={what} tone="warn">{t(`agents.rehearsal.differs.${what as "action"}`)}</Badge>) : <Badge tone="neutral">{t("agents.rehearsal.as_before")}</Badge>}
        <a href={to(`/inbox/${turn.conversation_id}?message=${turn.sequence_no}`)}>{t("agents.rehearsal.open")}</a>
      </div>
      <blockquote class="agents-asked" dir="auto"><span class="unseen">{t("agents.rehearsal.asked")} </span>{turn.asked || t("agents.rehearsal.no_words")}</blockquote>
      {words ? <Differences before={turn.then.text} after={now.text} /> : (
        <div class="columns">
          <Side title={`${t("agents.rehearsal.then")} · ${t("agents.version_no", { count: turn.former_version })}`} tried={turn.then} />
          <Side title={t("agents.rehearsal.now")} tried={now} />
        </div>
      )}
      {turn.then.text !== now.text && !!now.text && <div><Button kind="quiet" small aria-pressed={words} onClick={() => setWords(!words)}>{t("agents.rehearsal.words")}</Button></div>}
    </Card>
  );
}

function Side({ title, tried }: { title: string; tried: Tried }): JSX.Element {
  const tools = tried.tools.filter((name) => name !== "handoff"); // the line says that already
  return (
    <section class="agents-side">
      <h2>{title}</h2>
      <p class="muted">
        {t(`agents.rehearsal.action.${tried.action as "none"}`)}
        {tools.length > 0 && <> · {t("agents.rehearsal.uses", { tools: formatList(tools) })}</>}
      </p>
      {tried.failure && <p class="error">{tried.failure === "claim_without_receipt" ? t("agents.rehearsal.unproved") : t("agents.rehearsal.failure", { why: tried.failure })}</p>}
      {tried.text && <p class="agents-text" dir="auto">{tried.text}</p>}
    </section>
  );
}
