/** The look of the widget. A sheet of its own in the shadow root: the host page's policy and styles don't reach it. */

export const STYLE = `
:host { --accent: #2f5bea; --ink: #14161d; --soft: #646b7a; --paper: #fff; --wash: #f2f4f8; --line: #e2e5ec;
  all: initial; position: fixed; z-index: 2147483000; inset-block-end: 20px; inset-inline-end: 20px;
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--ink); }
:host([data-position="left"]) { inset-inline-end: auto; inset-inline-start: 20px; }
@media (prefers-color-scheme: dark) {
  :host { --ink: #eceef4; --soft: #9aa1b2; --paper: #171a21; --wash: #222732; --line: #2d3340; --accent: #3d66e6; } }
* { box-sizing: border-box; font: inherit; color: inherit; }
[hidden] { display: none !important; }
button { cursor: pointer; border: 0; background: none; }
:focus-visible { outline: 3px solid color-mix(in srgb, var(--accent) 55%, transparent); outline-offset: 2px; }
.launcher { position: relative; inline-size: 56px; block-size: 56px; border-radius: 50%; background: var(--accent); color: #fff;
  display: grid; place-items: center; box-shadow: 0 6px 24px rgb(0 0 0 / .25); transition: transform .15s; }
.launcher:hover { transform: scale(1.05); }
.launcher svg { inline-size: 26px; block-size: 26px; }
.badge { position: absolute; inset-block-start: -4px; inset-inline-end: -4px; min-inline-size: 20px; block-size: 20px;
  padding-inline: 5px; border-radius: 10px; background: #d92d20; color: #fff; font-size: 12px; line-height: 20px;
  font-weight: 600; text-align: center; }
.panel { inline-size: min(380px, calc(100vw - 40px)); block-size: min(600px, calc(100vh - 40px)); display: flex;
  flex-direction: column; overflow: hidden; border-radius: 16px; background: var(--paper); border: 1px solid var(--line);
  box-shadow: 0 16px 48px rgb(0 0 0 / .22); }
header { display: flex; align-items: center; gap: 10px; padding: 14px 16px; background: var(--accent); color: #fff; }
header h2 { flex: 1; margin: 0; font-size: 16px; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
header button { inline-size: 32px; block-size: 32px; border-radius: 8px; display: grid; place-items: center; }
header button:hover { background: rgb(255 255 255 / .18); }
header svg { inline-size: 18px; block-size: 18px; }
.row.waiting { max-inline-size: none; gap: 8px; }
.banner { margin: 0; padding: 6px 16px; font-size: 13px; background: #fdf0d5; color: #6b4a00; text-align: center; }
.log { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 16px; display: flex; flex-direction: column; gap: 8px; }
.empty { margin: auto; color: var(--soft); text-align: center; max-inline-size: 24ch; }
.row { display: flex; flex-direction: column; max-inline-size: 82%; align-self: flex-start; }
.row.own { align-self: flex-end; align-items: flex-end; }
.bubble { padding: 9px 13px; border-radius: 16px; border-end-start-radius: 5px; background: var(--wash); white-space: pre-wrap;
  overflow-wrap: anywhere; }
.own .bubble { background: var(--accent); color: #fff; border-end-start-radius: 16px; border-end-end-radius: 5px; }
.bubble a { text-decoration: underline; }
.file { display: block; margin-block-start: 6px; }
.file:first-child { margin-block-start: 0; }
.file img { display: block; max-inline-size: 100%; max-block-size: 220px; border-radius: 10px; }
.choices { display: flex; flex-wrap: wrap; gap: 6px; margin-block-start: 8px; white-space: normal; }
.choices button { padding: 6px 12px; border-radius: 999px; border: 1px solid var(--accent); background: var(--paper); color: inherit;
  text-align: start; }
.choices button:hover:enabled { background: color-mix(in srgb, var(--accent) 12%, var(--paper)); }
.choices button:disabled { opacity: .5; cursor: default; }
.draft .bubble { opacity: .8; }
.meta { margin: 3px 4px 0; font-size: 11.5px; color: var(--soft); }
.failed .bubble { background: #fde7e5; color: #8a1c13; }
.meta button { padding: 0; text-decoration: underline; color: #b42318; }
.dots { display: inline-flex; gap: 4px; padding: 13px; border-radius: 16px; background: var(--wash); align-self: flex-start; }
.dots i { inline-size: 7px; block-size: 7px; border-radius: 50%; background: var(--soft); animation: pulse 1.2s infinite; }
.dots i:nth-child(2) { animation-delay: .2s; } .dots i:nth-child(3) { animation-delay: .4s; }
@keyframes pulse { 0%, 60%, 100% { opacity: .35; } 30% { opacity: 1; } }
form { display: flex; gap: 8px; align-items: flex-end; padding: 10px 12px; border-block-start: 1px solid var(--line); }
textarea { flex: 1; resize: none; border: 1px solid var(--line); border-radius: 12px; padding: 9px 12px; background: var(--paper);
  max-block-size: 120px; line-height: 1.4; }
textarea::placeholder { color: var(--soft); opacity: 1; }
.send { inline-size: 40px; block-size: 40px; border-radius: 12px; background: var(--accent); color: #fff; display: grid;
  place-items: center; }
.send:disabled { opacity: .45; cursor: default; }
.send svg { inline-size: 19px; block-size: 19px; }
:dir(rtl) .send svg { transform: scaleX(-1); }
@media (max-width: 480px) {
  :host([data-open]) { inset: 0; }
  .panel { inline-size: 100vw; block-size: 100dvh; border-radius: 0; border: 0; } }
@media (prefers-color-scheme: dark) {
  .banner { background: #3b2f12; color: #f6dfa6; }
  .failed .bubble { background: #4a1d1a; color: #ffd9d5; } .meta button { color: #ff9c92; } }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
`;

const STROKE = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"';

export const ICONS = {
  chat: `<path ${STROKE} d="M21 12a8 8 0 0 1-11.6 7.1L4 21l1.6-4.6A8 8 0 1 1 21 12z"/>`,
  close: `<path ${STROKE} d="M5 5l14 14M19 5L5 19"/>`,
  send: `<path ${STROKE} d="M4 12h15M13 6l6 6-6 6"/>`,
} as const;
