/** One's own: name, language, password, authenticator app, and where one is signed in. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { patch } from "@/api/client";
import { isLanguage, LANGUAGES, setLanguage, t } from "@/i18n";
import { changePerson, loadMe, me } from "@/session";
import { setTheme, theme, THEMES } from "@/theme";
import { Button, Card, Field, Form, Select, toast, useForm } from "@/ui";
import { LEAST, PasswordField } from "../account/password_field";
import { Email } from "./email";
import { Sessions } from "./sessions";
import { App } from "./totp";
import { zones } from "./zones";

export function AccountPart(): JSX.Element {
  const [changes, setChanges] = useState(0);
  return (
    <>
      <Profile />
      <Email />
      <Password onDone={() => setChanges(changes + 1)} />
      <App />
      <Sessions key={changes} />
    </>
  );
}

function Profile(): JSX.Element {
  const { person } = me.value!;
  const form = useForm({
    initial: { name: person.name, language: person.language, zone: String(person.preferences.zone ?? "") },
    check: ({ name }) => ({ name: name.trim() ? undefined : t("settings.needed") }),
    submit: async ({ name, language, zone }) => {
      await changePerson({ name: name.trim(), language, preferences: { zone: zone || null } });
      if (isLanguage(language)) await setLanguage(language);
      toast(t("settings.saved"));
    },
  });
  const here = { value: "", label: t("settings.my_zone_business", { zone: me.value!.business.zone.replace(/_/g, " ") }) };
  return (
    <Card title={t("settings.profile")}>
      <Form form={form} label={t("settings.profile")}>
        <div class="settings-pair">
          <Field label={t("settings.name")} autocomplete="name" required maxLength={255} dir="auto" {...form.field("name")} />
          <Select label={t("settings.my_language")} options={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))} {...form.select("language")} />
          <Select label={t("settings.my_zone")} options={[here, ...zones(form.values.zone)]} {...form.select("zone")} />
          <Select label={t("shell.theme.label")} hint={t("settings.theme_hint")} value={theme.value} options={THEMES.map((value) => ({ value, label: t(`shell.theme.${value}`) }))} onChange={(value) => setTheme(THEMES.find((one) => one === value) ?? "system")} />
        </div>
        <div><Button kind="primary" type="submit" busy={form.busy}>{t("settings.save")}</Button></div>
      </Form>
    </Card>
  );
}

function Password({ onDone }: { onDone: () => void }): JSX.Element {
  const form = useForm({
    initial: { password: "", new_password: "" },
    check: ({ password, new_password }) => ({
      password: password ? undefined : t("settings.needed"),
      new_password: [...new_password].length < LEAST ? t("settings.password_short", { least: LEAST }) : undefined,
    }),
    submit: async (body) => {
      await patch("/v1/me", { body });
      form.reset({ password: "", new_password: "" });
      await loadMe();
      toast(t("settings.password_changed"));
      onDone();
    },
  });
  return (
    <Card title={t("settings.password")}>
      <Form form={form} label={t("settings.password")}>
        <input hidden readOnly type="text" name="username" autocomplete="username" value={me.value!.person.email} />
        <div class="settings-pair">
          <PasswordField label={t("settings.password_now")} {...form.field("password")} />
          <PasswordField fresh label={t("settings.password_new")} hint={t("settings.password_hint", { least: LEAST })} {...form.field("new_password")} />
        </div>
        <div><Button kind="primary" type="submit" busy={form.busy}>{t("settings.password_change")}</Button></div>
      </Form>
    </Card>
  );
}
