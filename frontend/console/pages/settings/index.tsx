/** Settings: the business, one's own account, and how other systems come in and are told. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { loadTexts, t } from "@/i18n";
import { to } from "@/router";
import type { PageProps } from "@/routes";
import { can } from "@/session";
import { Empty, Icon, type IconName, LinkButton, Page } from "@/ui";
import { AccountPart } from "./account";
import { BusinessPart } from "./business";
import { KeysPart } from "./keys";
import { PrivacyPart } from "./privacy";
import { WebhookPage } from "./webhook";
import { WebhooksPart } from "./webhooks";
import "./settings.css";

interface Part {
  id: "business" | "account" | "webhooks" | "keys" | "privacy";
  icon: IconName;
  /** Who lacks it does not see the part. */
  scope?: string;
  show: () => JSX.Element;
}

const PARTS: readonly Part[] = [
  { id: "business", icon: "business", scope: "business:read", show: BusinessPart },
  { id: "account", icon: "customer", show: AccountPart },
  { id: "webhooks", icon: "bell", scope: "webhooks:read", show: WebhooksPart },
  { id: "keys", icon: "key", scope: "keys:read", show: KeysPart },
  { id: "privacy", icon: "clock", scope: "privacy:write", show: PrivacyPart },
];
const addressOf = (id: Part["id"]) => (id === "business" ? "/settings" : `/settings/${id}`);

export default function Settings({ rest }: PageProps): JSX.Element {
  const [name = "business", below] = rest;
  const parts = PARTS.filter((one) => !one.scope || can(one.scope));
  const part = parts.find((one) => one.id === name);
  // What a scope is called stands among the words of the team, what is said of a password among those of signing in.
  useEffect(() => void loadTexts("team", "account"), []);
  if (!part) {
    return (
      <Page key="none" title={t("settings.title")}>
        <Empty icon="settings" title={t("settings.not_here")} action={<LinkButton to="/settings/account">{t("settings.part.account")}</LinkButton>}>
          {t("settings.not_here_why")}
        </Empty>
      </Page>
    );
  }
  if (part.id === "webhooks" && below) return <WebhookPage key={below} id={below} />;
  const Show = part.show;
  return (
    <Page key={part.id} title={t(`settings.part.${part.id}`)} lead={t(`settings.lead.${part.id}`)}>
      <div class="settings">
        <nav class="settings-nav" aria-label={t("settings.title")}>
          {parts.map((one) => (
            <a key={one.id} href={to(addressOf(one.id))} aria-current={one === part ? "page" : undefined}>
              <Icon name={one.icon} /> {t(`settings.part.${one.id}`)}
            </a>
          ))}
        </nav>
        <div class="settings-part"><Show /></div>
      </div>
    </Page>
  );
}
