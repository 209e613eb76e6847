/** Whose console this is, and which business it shows. */
import type { JSX } from "preact";
import { isLanguage, language, LANGUAGES, setLanguage, t } from "../i18n";
import { changePerson, me, signOut, switchBusiness } from "../session";
import { setTheme, theme, THEMES } from "../theme";
import { Avatar, Icon, Menu, type MenuItem, toastProblem } from "../ui";

export function AccountMenu({ onHelp }: { onHelp: () => void }): JSX.Element {
  const person = me.value!.person;
  const name = person.name || person.email;
  const items: MenuItem[] = [
    { heading: name },
    { label: t("shell.keys.title"), icon: "help", onSelect: onHelp },
    "line",
    { heading: t("shell.theme.label") },
    ...THEMES.map((one) => ({ label: t(`shell.theme.${one}`), checked: theme.value === one, onSelect: () => setTheme(one) })),
    "line",
    { heading: t("shell.language") },
    ...Object.entries(LANGUAGES).map(([code, label]) => ({
      label,
      lang: code,
      checked: language.value === code,
      onSelect: () => choose(code),
    })),
    "line",
    { label: t("shell.sign_out"), icon: "signout", onSelect: () => void signOut().catch(toastProblem) },
  ];
  return <Menu label={t("shell.account", { name })} look="avatar-button" button={<Avatar name={name} small />} items={items} />;
}

function choose(code: string): void {
  if (!isLanguage(code)) return;
  void setLanguage(code);
  changePerson({ language: code }).catch(toastProblem);
}

export function BusinessMenu(): JSX.Element {
  const { business, businesses } = me.value!;
  const name = business.company_name || t("shell.business.unnamed");
  const face = (
    <>
      <span class="mark" aria-hidden="true"><Icon name="business" /></span>
      <strong dir="auto">{name}</strong>
    </>
  );
  if (businesses.length < 2) return <div class="business">{face}</div>;
  const items: MenuItem[] = [
    { heading: t("shell.business.label") },
    ...businesses.map((one) => ({
      label: one.company_name || t("shell.business.unnamed"),
      checked: one.user_id === business.user_id,
      onSelect: () => void switchBusiness(one.user_id).catch(toastProblem),
    })),
  ];
  return <Menu label={t("shell.business.switch", { name })} look="business" side="start" button={<>{face}<Icon name="down" /></>} items={items} />;
}
