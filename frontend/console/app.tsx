/** What stands on the screen: the page of the path, inside the shell when somebody is signed in. */
import { Component, type ComponentChildren, type ComponentType, type JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { loadTexts, t } from "./i18n";
import { currentUrl, navigate, path, query } from "./router";
import { type PageProps, type Route, ROUTES, routeOf } from "./routes";
import { barred, can, loadMe, me, signOut, switchBusiness } from "./session";
import { Shell } from "./shell/shell";
import { asProblem } from "./api/hooks";
import { ApiProblem } from "./api/problem";
import { Button, Empty, LinkButton, Page, ProblemBox, Skeleton, toastProblem, Toasts } from "./ui";

export function App(): JSX.Element {
  return (
    <>
      <Screen />
      <Toasts />
    </>
  );
}

function Screen(): JSX.Element | null {
  const { route, rest } = routeOf(path.value);
  const somebody = me.value;
  if (route?.open) return <main class="outside" id="main"><Loaded key={route.name} route={route} rest={rest} /></main>;
  if (barred.value) return <Barred />;
  if (somebody === undefined) return <Start />;
  if (somebody === null) return <Go page={path.value === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(currentUrl())}`} />;
  if (path.value === "/") return <Go page={home()} />;
  return <Shell current={route?.name ?? ""}>{route && may(route) ? <Loaded key={`${route.name} ${somebody.business.user_id}`} route={route} rest={rest} /> : <NotFound />}</Shell>;
}

const may = (route: Route) => !route.scope || can(route.scope);

/** Where a person begins: at what is still to do, else at the first page that the role has. */
export function home(): string {
  if (me.value && !me.value.business.onboarding_completed && can("business:write")) return "/onboarding";
  return `/${ROUTES.find((one) => one.nav && may(one))?.name ?? "settings"}`;
}

/** Where a person goes after the sign-in: back to where he was. */
export function afterSignIn(): string {
  const next = query.value.get("next") ?? "";
  return next.startsWith("/") && !next.startsWith("//") && !routeOf(next.split("?")[0]!).route?.open ? next : "/";
}

function Go({ page }: { page: string }): null {
  useEffect(() => navigate(page, { replace: true }), [page]);
  return null;
}

/** The gateway did not say who is signed in. */
function Start(): JSX.Element {
  const [problem, setProblem] = useState(new ApiProblem(0, {}));
  return (
    <main class="outside" id="main">
      <Page title={t("shell.name")}>
        <ProblemBox problem={problem} retry={() => void loadMe().catch((error) => setProblem(asProblem(error)))} />
      </Page>
    </main>
  );
}

/** Signed in, and let into no business. */
function Barred(): JSX.Element {
  return (
    <main class="outside" id="main">
      <Page title={t("shell.barred.title")} lead={barred.value?.barred}>
        <div class="actions">
          {barred.value?.businesses.map((one) => (
            <Button key={one.user_id} onClick={() => void switchBusiness(one.user_id).catch(toastProblem)}>{one.company_name}</Button>
          ))}
          <Button icon="signout" onClick={() => void signOut().catch(toastProblem)}>{t("shell.sign_out")}</Button>
        </div>
      </Page>
    </main>
  );
}

function NotFound(): JSX.Element {
  return (
    <Page title={t("shell.not_found.title")}>
      <Empty icon="search" title={t("shell.not_found.what")} action={<LinkButton kind="primary" to="/">{t("shell.not_found.home")}</LinkButton>}>
        {t("shell.not_found.why")}
      </Empty>
    </Page>
  );
}

/** A page with its words. What it throws is shown in its place; the shell stays. */
function Loaded({ route, rest }: { route: Route; rest: string[] }): JSX.Element {
  const [page, setPage] = useState<{ View: ComponentType<PageProps> }>();
  const [problem, setProblem] = useState<ApiProblem>();
  const load = () => {
    setProblem(undefined);
    Promise.all([route.load(), loadTexts(...(route.texts ?? [route.name.replace(/-/g, "_")]))])
      .then(([file]) => setPage({ View: file.default }))
      .catch((error: unknown) => (console.warn(error), setProblem(new ApiProblem(0, {}))));
  };
  useEffect(load, []);
  if (problem) return <ProblemBox problem={problem} retry={load} />;
  if (!page) return <div class="page"><Skeleton lines={6} /></div>;
  return <Fence><page.View rest={rest} /></Fence>;
}

class Fence extends Component<{ children: ComponentChildren }, { failed: boolean }> {
  override state = { failed: false };

  override componentDidCatch(error: unknown): void {
    console.error(error);
    this.setState({ failed: true });
  }

  override render(): ComponentChildren {
    if (!this.state.failed) return this.props.children;
    return <ProblemBox problem={new ApiProblem(-1, {})} retry={() => this.setState({ failed: false })} />;
  }
}
