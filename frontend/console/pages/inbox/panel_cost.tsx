/** What a conversation cost, and each run of the agent: what it saw, called and spent, and why it said nothing. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Schemas } from "@/api/client";
import { useList, useOne } from "@/api/hooks";
import { formatMoney, formatNumber, t } from "@/i18n";
import { useLive } from "@/live";
import { Badge, Empty, Listed, ProblemBox, Skeleton, Time, type Tone } from "@/ui";

type Turn = Schemas["Turn"];
const STATES: Record<string, Tone> = { committed: "good", running: "accent", superseded: "neutral", overtaken: "neutral", lost: "danger", parked: "warn" };
const KNOWN = ["committed", "running", "superseded", "overtaken", "lost", "parked"] as const;

interface CostProps {
  id: string;
  agent: string;
  onGo: (no: number) => void;
}

export function CostPanel({ id, agent, onGo }: CostProps): JSX.Element {
  const cost = useOne("/v1/conversations/{id}/cost", { path: { id } });
  const turns = useList("/v1/conversations/{id}/turns", { path: { id }, query: { limit: 20 } });
  useLive(["writing", "resumed"], (event) => {
    if (event.type === "writing" && (event.data.conversation_id !== id || event.data.state !== "off")) return;
    void cost.reload();
    void turns.reload();
  });
  return (
    <div class="stack">
      {cost.data && (
        <dl class="inbox-figures">
          <div><dt>{t("inbox.turns")}</dt><dd>{formatNumber(cost.data.turns)}</dd></div>
          <div><dt>{t("inbox.credits")}</dt><dd>{formatNumber(cost.data.credits)}</dd></div>
          <div><dt>{t("inbox.cost")}</dt><dd>{formatMoney(cost.data.cost_micros / 1e6)}</dd></div>
        </dl>
      )}
      <Listed list={turns} empty={<Empty icon="agent" title={t("inbox.no_turns", { name: agent })} />}>
        {(items) => <ul class="inbox-turns">{items.map((one) => <li key={one.turn_id}><OneTurn turn={one} onGo={onGo} /></li>)}</ul>}
      </Listed>
    </div>
  );
}

function OneTurn({ turn, onGo }: { turn: Turn; onGo: (no: number) => void }): JSX.Element {
  const [open, setOpen] = useState(false);
  const state = KNOWN.find((one) => one === turn.state);
  const seconds = turn.ended_at && (new Date(turn.ended_at).getTime() - new Date(turn.started_at).getTime()) / 1000;
  const why = [turn.action && turn.action !== "none" ? turn.action : "", turn.reason ?? "", turn.failure ?? ""].filter(Boolean).join(" · ").replace(/_/g, " ");
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <Badge tone={STATES[turn.state]}>{state ? t(`inbox.turn.${state}`) : turn.state}</Badge> <Time at={turn.started_at} />
        {typeof seconds === "number" && <span class="muted small"> {t("inbox.seconds", { seconds: formatNumber(seconds, { maximumFractionDigits: 1 }) })}</span>}
        {why && <span class="inbox-why small" dir="auto">{why}</span>}
      </summary>
      {open && <Trace id={turn.turn_id} onGo={onGo} />}
    </details>
  );
}

function Trace({ id, onGo }: { id: string; onGo: (no: number) => void }): JSX.Element {
  const found = useOne("/v1/turns/{id}", { path: { id } });
  if (found.problem) return <ProblemBox problem={found.problem} retry={() => void found.reload()} />;
  if (!found.data) return <Skeleton lines={3} />;
  const trace = found.data;
  return (
    <div class="inbox-trace">
      <p class="small">
        <button type="button" class="inbox-proof" onClick={() => onGo(trace.after_no + 1)}>{t("inbox.turn_messages", { from: trace.after_no + 1, to: trace.to_no })}</button>{" "}
        {trace.prompt_version !== null && <span class="muted">{t("inbox.prompt_version", { version: trace.prompt_version })}</span>}
      </p>
      {trace.model_calls.map((one) => (
        <p key={`m${one.call_no}`} class="small">
          <strong>{one.model}</strong> {one.outcome !== "ok" && <Badge tone="warn">{one.outcome}</Badge>}{" "}
          {t("inbox.tokens", { input: one.input_tokens, output: one.output_tokens, cached: one.cached_tokens })}
          {one.cost_micros !== null && <> · {formatMoney(one.cost_micros / 1e6)}</>}
        </p>
      ))}
      {trace.tool_calls.map((one) => (
        <div key={`t${one.call_no}`} class="small">
          <p><strong>{one.tool}</strong> <Badge tone={one.state === "done" || one.state === "ok" ? "good" : "neutral"}>{one.state}</Badge></p>
          <pre class="inbox-code">{JSON.stringify(one.arguments, null, 1)}</pre>
          {one.result && <pre class="inbox-code">{one.result.slice(0, 4000)}</pre>}
        </div>
      ))}
      {!trace.model_calls.length && <p class="small muted">{t("inbox.model_not_asked")}</p>}
    </div>
  );
}
