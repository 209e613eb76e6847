/** One conversation in the list. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { formatDate, formatNumber, t } from "@/i18n";
import { zone } from "@/session";
import { Avatar, Badge, ChannelMark, Icon, Time, type Tone } from "@/ui";
import { kindName } from "./bubble";
import { assigneeName, type Line, type Member, myself, nameOf, waits } from "./types";

const TONES: Record<string, Tone> = { Hot: "danger", Warm: "warn", Cold: "neutral" };

export function Row({ line, members }: { line: Line; members: readonly Member[] }): JSX.Element {
  const name = nameOf(line);
  const waiting = waits(line) && (line.owner === "human" || line.held_for);
  return (
    <span class="inbox-row">
      <Avatar name={name} small />
      <span class="inbox-row-body">
        <span class="inbox-row-top">
          <ChannelMark platform={line.platform} />
          <strong dir="auto">{name}</strong>
          <span class="inbox-row-time small muted"><Time at={line.last_message_at} /></span>
        </span>
        <span class="inbox-row-said">
          <span class="inbox-preview" dir="auto">
            {line.last_author && line.last_author !== "customer" && <span>{line.last_author === "human" ? t("inbox.ours") : line.agent_name}: </span>}
            <bdi>{line.preview || (line.last_kind ? kindName(line.last_kind) : "")}</bdi>
          </span>
          {line.unread > 0 && (
            <span class="inbox-unread" role="img" aria-label={t("inbox.unread", { count: line.unread })}>{line.unread > 99 ? "99+" : formatNumber(line.unread)}</span>
          )}
        </span>
        <span class="inbox-row-marks small">
          <Owner line={line} members={members} />
          {line.lead_status_tag && <Badge tone={TONES[line.lead_status_tag]}>{t(`inbox.tag.${line.lead_status_tag as "Hot"}`)}</Badge>}
          {waiting && line.last_inbound_at && <Waits since={line.last_inbound_at} />}
          {!line.is_active && <span class="muted">{t("inbox.closed")}</span>}
        </span>
      </span>
    </span>
  );
}

const UNITS = [["day", 1440], ["hour", 60], ["minute", 1]] as const;

/** How long the customer has been waiting; nothing below a minute. */
function Waits({ since }: { since: string }): JSX.Element | null {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  const minutes = Math.floor((now - new Date(since).getTime()) / 60_000);
  const [unit, size] = UNITS.find(([, one]) => minutes >= one) ?? [];
  if (!unit) return null;
  const time = formatNumber(Math.floor(minutes / size), { style: "unit", unit, unitDisplay: "short" });
  return <span class="inbox-waits" title={formatDate(since, zone())}><Icon name="clock" /> {t("inbox.waits", { time })}</span>;
}

function Owner({ line, members }: { line: Line; members: readonly Member[] }): JSX.Element {
  if (line.held_for) return <span class="inbox-held"><Icon name="alert" /> {t("inbox.owner.held")}</span>;
  if (line.owner === "agent") return <span class="muted"><Icon name="agent" /> <bdi>{line.agent_name}</bdi></span>;
  const name = line.assignee === myself() ? t("inbox.you") : assigneeName(line.assignee, members) || t("inbox.nobody");
  return <span class="inbox-human"><Icon name="customer" /> <bdi>{name}</bdi></span>;
}
