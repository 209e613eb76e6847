/** What was changed, by whom and when: every change through the API, and every sign-in. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Schemas } from "@/api/client";
import { useList } from "@/api/hooks";
import { t } from "@/i18n";
import { Badge, type Column, Empty, Field, Listed, Select, Table, Time } from "@/ui";

type Entry = Schemas["AuditEntry"];
const KINDS = ["member", "key", "operator", "customer", "system"] as const;

export function Record(): JSX.Element {
  const [actor, setActor] = useState("");
  const [target, setTarget] = useState("");
  const list = useList("/v1/audit", { query: { limit: 50, actor, target: target.trim() } });
  const actors = [{ value: "", label: t("team.anybody") }, ...KINDS.map((kind) => ({ value: kind, label: t(`team.actor.${kind}`) }))];
  return (
    <>
      <div class="team-filters" role="group" aria-label={t("team.filters")}>
        <Select label={t("team.who")} value={actor} options={actors} onChange={setActor} />
        <Field label={t("team.target")} hint={t("team.target_hint")} value={target} onInput={setTarget} maxLength={255} />
      </div>
      <Listed list={list} empty={<Empty icon="clock" title={t("team.nothing_changed")} />}>
        {(items) => <Table label={t("team.tab.record")} columns={columns()} rows={items} rowKey={(one: Entry) => one.audit_id} />}
      </Listed>
    </>
  );
}

function columns(): Column<Entry>[] {
  return [
    { key: "what", label: t("team.what"), render: (one) => <What entry={one} /> },
    { key: "who", label: t("team.who"), render: (one) => <><span dir="auto">{one.actor_name || t(`team.actor.${one.actor_kind}`)}</span>{one.actor_kind !== "member" && <> <Badge>{t(`team.actor.${one.actor_kind}`)}</Badge></>}</> },
    { key: "when", label: t("team.when"), render: (one) => <Time at={one.at} /> },
    { key: "from", label: t("team.address"), wide: true, render: (one) => <span dir="ltr">{one.address}</span> },
  ];
}

/** `change_agent` reads as "change agent": the words of the API, which are the same in every language. */
function What({ entry }: { entry: Entry }): JSX.Element {
  const values = Object.entries(entry.changes).map(([name, value]) => `${name}: ${String(value)}`);
  const others = entry.changed.filter((name) => !(name in entry.changes));
  return (
    <span class="team-what">
      <span>{entry.action.replaceAll("_", " ")}</span>
      <span class="muted" dir="auto">{[...entry.target, ...values, ...others].join(" · ")}</span>
    </span>
  );
}
