/** The frame around every page of who is signed in. */
import { signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { post } from "../api/client";
import { t } from "../i18n";
import { navigate, path, to } from "../router";
import { type Route, ROUTES } from "../routes";
import { can, me } from "../session";
import { Button, Dialog, Icon, IconButton, toast, toastProblem } from "../ui";
import { enterList } from "../ui/table";
import { AccountMenu, BusinessMenu } from "./account_menu";
import { AlertsBell } from "./alerts_bell";
import { KeyboardHelp } from "./keyboard_help";
import { LiveMark } from "./live_mark";
import { Palette } from "./palette";

export const paletteOpen = signal(false);
export const helpOpen = signal(false);
const drawerOpen = signal(false);

const shown = () => ROUTES.filter((one) => one.nav && can(one.scope ?? ""));
const GO: Record<string, string> = { i: "inbox", l: "leads", m: "meetings", c: "customers", a: "agents", h: "health", s: "settings" };
let goAt = 0;

export function Shell({ current, children }: { current: string; children: ComponentChildren }): JSX.Element {
  useEffect(() => {
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  useEffect(() => void (drawerOpen.value = false), [path.value]);
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), document.querySelector<HTMLElement>("#main h1, #main")?.focus())}>
        {t("shell.skip")}
      </a>
      <header class="topbar">
        <BusinessMenu />
        <button type="button" class="search-button" onClick={() => (paletteOpen.value = true)}>
          <Icon name="search" />
          <span>{t("shell.search.open")}</span>
          <kbd aria-hidden="true">/</kbd>
        </button>
        <div class="topbar-end">
          <LiveMark />
          {can("alerts:read") && <AlertsBell />}
          <span class="wide-only"><IconButton label={t("shell.keys.title")} icon="help" onClick={() => (helpOpen.value = true)} /></span>
          <AccountMenu onHelp={() => (helpOpen.value = true)} />
        </div>
      </header>
      <nav class="sidebar" aria-label={t("shell.nav.label")}>
        <Links current={current} />
      </nav>
      <main id="main" tabIndex={-1}>
        <VerifyNote />
        {children}
      </main>
      <nav class="bottom" aria-label={t("shell.nav.label")}>
        {shown().slice(0, 4).map((one) => <NavLink key={one.name} route={one} current={current} />)}
        <button type="button" aria-haspopup="dialog" onClick={() => (drawerOpen.value = true)}>
          <Icon name="menu" />
          <span>{t("shell.nav.more")}</span>
        </button>
      </nav>
      <Dialog open={drawerOpen.value} kind="side" title={t("shell.nav.label")} onClose={() => (drawerOpen.value = false)}>
        <div class="drawer"><Links current={current} /></div>
      </Dialog>
      <Palette open={paletteOpen.value} onClose={() => (paletteOpen.value = false)} pages={shown()} />
      <KeyboardHelp open={helpOpen.value} onClose={() => (helpOpen.value = false)} />
    </div>
  );
}

function Links({ current }: { current: string }): JSX.Element {
  const all = shown();
  return (
    <>
      <SetUp current={current} />
      <ul>{all.filter((one) => one.nav?.group === "work").map((one) => <li key={one.name}><NavLink route={one} current={current} /></li>)}</ul>
      <p class="nav-group">{t("shell.nav.business")}</p>
      <ul>{all.filter((one) => one.nav?.group === "business").map((one) => <li key={one.name}><NavLink route={one} current={current} /></li>)}</ul>
    </>
  );
}

const SET_UP_STEPS = 5;

/** The way back to the setting up, for as long as it is not finished. */
function SetUp({ current }: { current: string }): JSX.Element | null {
  const { business } = me.value!;
  if (business.onboarding_completed || !can("business:write")) return null;
  const at = Math.min(business.onboarding_step, SET_UP_STEPS);
  return (
    <a class="set-up" href={to("/onboarding")} aria-current={current === "onboarding" ? "page" : undefined}>
      <strong>{t("shell.set_up")}</strong>
      <span class="small">{t("shell.set_up_step", { at, all: SET_UP_STEPS })}</span>
      <progress aria-hidden="true" max={SET_UP_STEPS} value={at - 1} />
    </a>
  );
}

function NavLink({ route, current }: { route: Route; current: string }): JSX.Element {
  return (
    <a href={to(`/${route.name}`)} aria-current={route.name === current ? "page" : undefined}>
      <Icon name={route.nav!.icon} />
      <span>{t(route.nav!.label)}</span>
    </a>
  );
}

function VerifyNote(): JSX.Element | null {
  const [busy, setBusy] = useState(false);
  const now = me.value;
  if (!now || now.person.email_verified || !now.mail) return null;
  const { email } = now.person;
  const again = async () => {
    setBusy(true);
    await post("/v1/verify-email/letter", { body: { email } }).then(() => toast(t("shell.verify_sent", { email })), toastProblem);
    setBusy(false);
  };
  return (
    <p class="note" role="note">
      <Icon name="info" /> {t("shell.verify", { email })}{" "}
      <Button small kind="quiet" busy={busy} onClick={() => void again()}>{t("shell.verify_again")}</Button>
    </p>
  );
}

/** Keys that work everywhere, except where somebody types. */
function onKey(event: KeyboardEvent): void {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    paletteOpen.value = true;
    return;
  }
  const target = event.target as HTMLElement;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || target.isContentEditable) return;
  if (target.closest("input, textarea, select, dialog, [role=menu]")) return;
  const page = event.timeStamp - goAt < 1200 ? GO[event.key] : undefined;
  goAt = event.key === "g" ? event.timeStamp : 0;
  if (page && shown().some((one) => one.name === page)) navigate(`/${page}`);
  else if (event.key === "/") paletteOpen.value = true;
  else if (event.key === "?") helpOpen.value = true;
  else return enterList(event);
  event.preventDefault();
}
