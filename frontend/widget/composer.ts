/** Where the visitor writes: text, files, and what is wrong with either. */

import { button, describe, element, on } from "./dom";
import { KINDS, MOST_BYTES, MOST_FILES, type Upload } from "./uploads";
import { filled, type Words } from "./words";

const TEXT_LIMIT = 4000;

export interface Desk {
  write(text: string, uploads: string[], names: string[]): void;
  upload(file: File, changed: () => void): Upload;
  typing(on: boolean): void;
  /** What is written and not sent, for this tab to remember. */
  remember(text: string): void;
}

export class Composer {
  readonly form = element("form", "composer");
  readonly input = element("textarea");
  private readonly _chips = element("div", "chips");
  private readonly _count = element("p", "count");
  private readonly _picker = element("input");
  private readonly _clip: HTMLButtonElement;
  private readonly _send: HTMLButtonElement;
  private _uploads: Upload[] = [];

  constructor(
    private readonly _words: Words,
    private readonly _desk: Desk,
    text: string,
  ) {
    this._clip = button("clip", this._words.attach, () => this._picker.click(), "clip");
    this._send = button("send", this._words.send, () => undefined, "send");
    this._send.type = "submit";
    this._picker.type = "file";
    this._picker.multiple = true;
    this._picker.accept = KINDS;
    this._picker.hidden = true;
    on(this._picker, "change", () => {
      this.take([...(this._picker.files ?? [])]);
      this._picker.value = "";
    });
    this.input.rows = 1;
    this.input.dir = "auto";
    this.input.value = text;
    this.input.placeholder = this._words.write;
    describe(this.input, { "aria-label": this._words.message, enterkeyhint: "send" });
    describe(this._count, { role: "status" });
    this._listen();
    const box = element("div", "box");
    box.append(this._clip, this._picker, this.input, this._send);
    this.form.append(this._chips, box, this._count);
    this.files(false);
    this._draw();
  }

  /** Whether files can be attached. */
  files(taken: boolean): void {
    this._clip.hidden = !taken;
  }

  /** Files that were picked, dropped or pasted. */
  take(files: File[]): void {
    if (this._clip.hidden) return;
    for (const file of files.slice(0, MOST_FILES - this._uploads.length)) {
      this._uploads.push(this._desk.upload(file, () => this._draw()));
    }
    this._draw();
  }

  /** As high as its text, within limits. */
  grow(): void {
    this.input.style.height = "auto";
    if (this.input.value) this.input.style.height = `${this.input.scrollHeight}px`;
  }

  private _listen(): void {
    on(this.input, "input", () => {
      this._desk.remember(this.input.value);
      this._desk.typing(this.input.value !== "");
      this.grow();
      this._judge();
    });
    on(this.input, "blur", () => this._desk.typing(false));
    on<KeyboardEvent>(this.input, "keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.form.requestSubmit();
    });
    on<ClipboardEvent>(this.input, "paste", (event) => this.take([...(event.clipboardData?.files ?? [])]));
    on<DragEvent>(this.form, "dragover dragleave drop", (event) => {
      event.preventDefault();
      this.form.classList.toggle("over", event.type === "dragover" && !this._clip.hidden);
      if (event.type === "drop") this.take([...(event.dataTransfer?.files ?? [])]);
    });
    on(this.form, "submit", (event) => {
      event.preventDefault();
      if (!this._send.disabled) this._go();
    });
  }

  private _go(): void {
    const whole = this._uploads.filter((one) => one.token);
    const text = this.input.value.trim();
    this._uploads = [];
    this.input.value = "";
    this._desk.remember("");
    this._draw();
    this.grow();
    this._desk.write(text, whole.map((one) => one.token), whole.map((one) => one.name));
  }

  /** Whether it may be sent: not empty, not too long, and no file still under way. */
  private _judge(): void {
    const length = this.input.value.length > TEXT_LIMIT ? [...this.input.value.trim()].length : 0;
    const under = this._uploads.some((one) => !one.token && !one.problem);
    this._count.textContent = length > TEXT_LIMIT ? filled(this._words.long, length - TEXT_LIMIT) : "";
    this._count.hidden = length <= TEXT_LIMIT;
    const something = this.input.value.trim() || this._uploads.some((one) => one.token);
    this._send.disabled = !something || under || length > TEXT_LIMIT;
  }

  private _draw(): void {
    // While only the bars move, the buttons stay: one that is exchanged under a finger takes no click.
    const bars = this._chips.querySelectorAll("progress");
    const under = this._uploads.filter((one) => !one.token && !one.problem);
    if (bars.length && bars.length === under.length && this._chips.childElementCount === this._uploads.length) {
      bars.forEach((bar, n) => (bar.value = under[n]!.share));
      return this._judge();
    }
    this._chips.hidden = !this._uploads.length;
    const focused = this._chips.contains((this._chips.getRootNode() as ShadowRoot).activeElement);
    this._chips.replaceChildren(...this._uploads.map((one) => this._chip(one)));
    if (focused) this._chips.querySelector("button")?.focus();
    this._judge();
  }

  private _chip(one: Upload): HTMLElement {
    const chip = element("div", "chip");
    const drop = (): void => {
      one.cancel();
      this._uploads = this._uploads.filter((other) => other !== one);
      this._draw();
      this.input.focus();
    };
    chip.append(element("span", "", one.name), button("", filled(this._words.remove, one.name), drop, "close"));
    if (one.problem) {
      const why = element("p", "", filled(this._words[one.problem], MOST_BYTES / 1024 / 1024));
      describe(why, { role: "alert" });
      chip.append(why);
    } else if (!one.token) {
      const bar = element("progress");
      bar.value = one.share;
      describe(bar, { "aria-label": one.name });
      chip.append(bar);
    }
    return chip;
  }
}
