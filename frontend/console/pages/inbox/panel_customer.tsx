/** Who the customer is: names on each channel, contact values, the other conversations. */
import type { JSX } from "preact";
import { call, type Schemas } from "@/api/client";
import { useOne } from "@/api/hooks";
import { t } from "@/i18n";
import { useLive } from "@/live";
import { navigate, to } from "@/router";
import { can } from "@/session";
import { Badge, Button, Empty, Icon, LinkButton, ProblemBox, Skeleton, toastProblem } from "@/ui";
import type { Line } from "./types";

const VALUES = ["email", "phone", "company", "next_step"] as const;
const STAGES = ["new", "contacted", "qualified", "meeting", "won", "lost"] as const;

export function CustomerPanel({ id, line, name }: { id: string; line: Line | undefined; name: string }): JSX.Element {
  const contact = line?.contact_id ?? undefined;
  const found = useOne(contact ? "/v1/contacts/{id}" : undefined, { path: { id: contact ?? "" } });
  const window_ = useOne("/v1/conversations/{id}/window", { path: { id } });
  useLive(["lead", "resumed"], (event) => (event.type === "resumed" || event.data.conversation_id === id) && void found.reload());
  const refuses = window_.data?.human.reason === "opted_out" && <p class="inbox-refuses"><Icon name="alert" /> {t("inbox.opted_out")}</p>;
  if (line && !contact) return <>{refuses}<Unknown id={id} name={name} /></>;
  if (found.problem && !found.data) return <ProblemBox problem={found.problem} retry={() => void found.reload()} />;
  if (!found.data) return <Skeleton lines={6} />;
  return (
    <div class="stack">
      {refuses}
      <Person person={found.data} current={id} />
    </div>
  );
}

function Unknown({ id, name }: { id: string; name: string }): JSX.Element {
  const make = () =>
    call<{ contact_id: string }>("POST", "/v1/conversations/{id}/contact", { path: { id } }).then((one) => navigate(`/customers/${one.contact_id}`)).catch(toastProblem);
  return (
    <Empty icon="customer" title={name} action={can("contacts:write") && <Button onClick={() => void make()}>{t("inbox.make_contact")}</Button>}>
      {t("inbox.no_contact")}
    </Empty>
  );
}

function Person({ person, current }: { person: Schemas["Person"]; current: string }): JSX.Element {
  const others = person.customers.flatMap((one) => one.conversations).filter((one) => one !== current);
  const stage = STAGES.find((one) => one === person.stage);
  return (
    <>
      <p class="row">
        <strong dir="auto">{person.name ?? "…"}</strong>
        {stage && <Badge tone="accent">{t(`inbox.stage.${stage}`)}</Badge>}
        {person.tags.map((one) => <Badge key={one}><bdi>{one}</bdi></Badge>)}
      </p>
      <dl class="inbox-values">
        {VALUES.filter((one) => person[one]).map((one) => (
          <div key={one}><dt>{t(`inbox.value.${one}`)}</dt><dd dir="auto">{person[one]}</dd></div>
        ))}
        {person.customers.map((one) => (
          <div key={one.customer_id}>
            <dt>{t("inbox.known_as")}</dt>
            {one.aliases.map((alias, at) => <dd key={at}><bdi>{String(alias.value ?? Object.values(alias)[0] ?? "")}</bdi> {alias.kind && <span class="small muted">{alias.kind}</span>}</dd>)}
          </div>
        ))}
      </dl>
      {others.length > 0 && (
        <>
          <h3>{t("inbox.other_conversations")}</h3>
          <ul class="inbox-links">
            {others.slice(0, 20).map((one, at) => <li key={one}><a href={to(`/inbox/${one}`)}>{t("inbox.conversation_no", { number: at + 1 })}</a></li>)}
          </ul>
        </>
      )}
      <LinkButton to={`/customers/${person.contact_id}`} icon="customer">{t("inbox.to_customer")}</LinkButton>
    </>
  );
}
