/** What is known beside a conversation: the lead with its proof, the customer, meetings, cost and trace. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Schemas } from "@/api/client";
import { t } from "@/i18n";
import { can } from "@/session";
import { Tabs } from "@/ui";
import { CostPanel } from "./panel_cost";
import { CustomerPanel } from "./panel_customer";
import { LeadPanel } from "./panel_lead";
import { MeetingsPanel } from "./panel_meetings";
import type { Line } from "./types";

interface PanelProps {
  id: string;
  line: Line | undefined;
  conversation: Schemas["Conversation"];
  name: string;
  agent: string;
  /** Goes to a message of the conversation. */
  onGo: (no: number) => void;
}

type Tab = "lead" | "customer" | "meetings" | "cost";
const SCOPES: Record<Tab, string> = { lead: "leads:read", customer: "contacts:read", meetings: "meetings:read", cost: "conversations:read" };
let last: Tab = "lead"; // the tab that one reads stays from conversation to conversation

export function Panel(props: PanelProps): JSX.Element {
  const tabs = (Object.keys(SCOPES) as Tab[]).filter((one) => can(SCOPES[one])).map((one) => ({ id: one, label: t(`inbox.tab.${one}`) }));
  const [active, setActive] = useState(last);
  const go = (tab: Tab) => setActive((last = tab));
  return (
    <Tabs label={t("inbox.panel")} tabs={tabs} active={active} onChange={go}>
      {active === "lead" && <LeadPanel id={props.id} onGo={props.onGo} />}
      {active === "customer" && <CustomerPanel {...props} />}
      {active === "meetings" && <MeetingsPanel key={props.id} {...props} />}
      {active === "cost" && <CostPanel {...props} />}
    </Tabs>
  );
}
