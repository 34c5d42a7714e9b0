// Latchkey.connect({ token }): lets the visitor of your page connect an account, and resolves when they have.
(() => {
  const own = new URL(document.currentScript.src);
  const base = own.href.replace(/\/connect\.js.*$/, "");

  /**
   * @param {object} options
   * @param {string | Promise<string> | (() => Promise<string>)} options.token from your server, one for each call
   * @param {"popup" | "frame" | "redirect"} [options.mode] `popup` unless given
   * @param {HTMLElement} [options.container] where the frame goes; a dialog of its own unless given
   * @param {string} [options.userName] what the account is to be called
   * @param {string} [options.language] `de`, `fr`, …: the visitor's own unless given
   * @returns {Promise<{ status: "success", identityId: string } | { status: "cancelled" }>}
   */
  async function connect({ token, mode = "popup", container, userName, language }) {
    // Opened before anything is waited for, or browsers take it for an unasked-for popup.
    const popup = mode === "popup" ? window.open("", "_blank", "popup,width=480,height=760") : null;
    const addressOf = (text, kind) => {
      const query = new URLSearchParams({ token: text, mode: kind });
      if (userName) query.set("userName", userName);
      if (language) query.set("lang", language);
      return `${base}/identity/create?${query}`;
    };
    try {
      const text = await (typeof token === "function" ? token() : token);
      if (mode === "frame") return await inFrame(addressOf(text, "frame"), container);
      if (popup) return await inPopup(popup, addressOf(text, "popup"));
      location.assign(addressOf(text, "redirect"));
      return await new Promise(() => {});
    } catch (error) {
      popup?.close();
      throw error;
    }
  }

  function inPopup(popup, address) {
    popup.location.replace(address);
    return answer(
      () => popup,
      () => popup.closed,
    ).finally(() => popup.close());
  }

  function inFrame(address, container) {
    const frame = Object.assign(document.createElement("iframe"), {
      src: address,
      title: "Connect your account",
    });
    frame.style.cssText = "border:0;inline-size:100%;block-size:min(80vh,46rem)";
    const dialog = container ? null : document.createElement("dialog");
    if (dialog) dialog.style.cssText = "padding:0;border:0;border-radius:16px;inline-size:min(96vw,30rem)";
    (container ?? dialog).append(frame);
    if (dialog) document.body.append(dialog);
    dialog?.showModal();
    return answer(
      () => frame.contentWindow,
      () => (dialog ? !dialog.open : !frame.isConnected),
    ).finally(() => {
      frame.remove();
      dialog?.remove();
    });
  }

  /** What the window says when it is through, or that it was closed; only it, and only the page's own origin, counts. */
  function answer(windowOf, isClosed) {
    return new Promise((resolve) => {
      const onMessage = ({ origin, source, data }) => {
        if (origin !== own.origin || source !== windowOf()) return;
        if (data?.type === "identity-created") end({ status: "success", identityId: data.identityId });
        if (data?.type === "identity-cancelled") end({ status: "cancelled" });
      };
      // No event tells of a closed window; its last message may come a moment after.
      let looksClosed = 0;
      const timer = setInterval(() => {
        looksClosed = isClosed() ? looksClosed + 1 : 0;
        if (looksClosed > 1) end({ status: "cancelled" });
      }, 500);
      const end = (result) => {
        clearInterval(timer);
        removeEventListener("message", onMessage);
        resolve(result);
      };
      addEventListener("message", onMessage);
    });
  }

  window.Latchkey = Object.assign(window.Latchkey ?? {}, { connect });
})();
