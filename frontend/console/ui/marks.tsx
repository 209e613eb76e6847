/** Small signs: state, person, channel, delivery. Each has a text for those who can't see it, and none means anything by colour alone. */
import type { ComponentChildren, JSX } from "preact";
import { t } from "../i18n";
import { Icon, type IconName } from "./icons";

export type Tone = "neutral" | "accent" | "good" | "warn" | "danger";

export function Badge({ tone = "neutral", icon, children }: { tone?: Tone; icon?: IconName; children: ComponentChildren }): JSX.Element {
  return (
    <span class={`badge ${tone}`}>
      {icon && <Icon name={icon} />}
      {children}
    </span>
  );
}

/** Initials on a colour of the name's own. The name stands beside it, so it says nothing itself. */
export function Avatar({ name, small }: { name: string; small?: boolean }): JSX.Element {
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...(word ?? "")][0] ?? "");
  let hue = 0;
  for (const letter of name) hue = (hue * 31 + letter.codePointAt(0)!) % 8;
  // Drawn by the style sheet, so that a button with a name of its own has no second text in it.
  return <span class={`avatar hue-${hue}${small ? " small" : ""}`} data-letters={letters.join("").toUpperCase() || "?"} aria-hidden="true" />;
}

export type Platform = "whatsapp" | "instagram" | "webchat" | "sms";

const CHANNELS: Record<Platform, string> = {
  whatsapp: "M12 4a8 8 0 0 0-6.9 12L4 20l4.1-1.1A8 8 0 1 0 12 4zM9.2 8.5c-.7.6-.8 1.7-.2 2.9a8 8 0 0 0 3.6 3.5c1.2.6 2.3.5 2.9-.2l.3-.9-1.9-1-.9.9a5 5 0 0 1-2.3-2.3l.9-.9-1-1.9z",
  instagram: "M8 4h8a4 4 0 0 1 4 4v8a4 4 0 0 1-4 4H8a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4zM12 15.3a3.3 3.3 0 1 0 0-6.6 3.3 3.3 0 0 0 0 6.6zM16.5 7.5v.01",
  webchat: "M4 5h16v11h-9l-4 3.5V16H4zM8 9h8M8 12h5",
  sms: "M12 4.5c-4.7 0-8.5 3-8.5 6.8 0 2.3 1.4 4.3 3.5 5.5L6.5 20l3.5-2.1c.7.1 1.3.2 2 .2 4.7 0 8.5-3 8.5-6.8S16.7 4.5 12 4.5zM8.3 11.3v.01M12 11.3v.01M15.7 11.3v.01",
};

export const channelName = (platform: string): string =>
  platform in CHANNELS ? t(`common.channel.${platform as Platform}`) : platform;

/** The sign of a channel; with `named` its name stands beside it, else it is read aloud. */
export function ChannelMark({ platform, named }: { platform: string; named?: boolean }): JSX.Element {
  const name = channelName(platform);
  return (
    <span class={`channel ${platform in CHANNELS ? platform : ""}`}>
      <svg class="icon" viewBox="0 0 24 24" role={named ? undefined : "img"} aria-hidden={named || undefined} aria-label={named ? undefined : name}>
        <path d={CHANNELS[platform as Platform] ?? CHANNELS.webchat} />
      </svg>
      {named && <span>{name}</span>}
    </span>
  );
}

const DELIVERY: Record<string, IconName> = {
  queued: "clock", pending: "clock", sending: "clock", sent: "check", delivered: "checks", read: "checks", failed: "alert", unknown: "help",
};

/** How far a message came. */
export function Ticks({ status }: { status: string }): JSX.Element | null {
  const icon = DELIVERY[status];
  if (!icon) return null;
  const name = t(`common.delivery.${status as "sent"}`);
  return (
    <span class={`ticks ${status}`} role="img" aria-label={name} title={name}>
      <Icon name={icon} />
    </span>
  );
}
