/** The frame of the pages before the sign-in. */
import type { ComponentChildren, JSX } from "preact";
import { isLanguage, language, LANGUAGES, setLanguage, t } from "@/i18n";
import { Page, Select } from "@/ui";
import "./account.css";

export function Outside({ title, lead, children, links }: { title: string; lead?: ComponentChildren; children: ComponentChildren; links?: ComponentChildren }): JSX.Element {
  return (
    <div class="outside-box">
      <p class="brand" aria-hidden="true">Frontdesk</p>
      <Page title={title} lead={lead}>
        {children}
        {links && <p class="outside-links">{links}</p>}
      </Page>
      <div class="outside-language">
        <Select
          bare
          label={t("shell.language")}
          value={language.value}
          options={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
          onChange={(value) => isLanguage(value) && void setLanguage(value)}
        />
      </div>
    </div>
  );
}

/** What is wrong with a new password, before the gateway says it. */
export function passwordProblem(password: string): string | undefined {
  if (!password) return t("account.password.missing");
  return password.length < 10 ? t("account.password.short", { least: 10 }) : undefined;
}

export const required = (value: string): string | undefined => (value.trim() ? undefined : t("account.missing"));

export const emailProblem = (value: string): string | undefined =>
  /^\S+@\S+\.\S+$/.test(value.trim()) ? undefined : t("account.email.wrong");
