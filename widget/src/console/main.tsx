/** The console's entry. */

import { render } from "preact";
import { createAnnouncer } from "../ui/announcer.tsx";
import { browserStorage } from "../ui/browser.ts";
import "../ui/tokens.css";
import "../ui/desk.css";
import "../ui/ui.css";
import "./styles/base.css";
import "./styles/sign-in.css";
import "./styles/inbox.css";
import "./styles/conversation.css";
import "./styles/composer.css";
import { Alerts } from "./alerts.ts";
import { Api } from "./api.ts";
import { startClock } from "./clock.ts";
import { followAddress } from "./route.ts";
import { linkFromAddress, Session } from "./session.ts";
import { App } from "./views/app.tsx";

const storage = browserStorage();
const link = linkFromAddress();
const announcer = createAnnouncer();
const alerts = new Alerts(storage);
const api = new Api(() => session.end());
const session: Session = new Session(api);

followAddress();
startClock();
alerts.listen();
void session.start(link);

const root = document.getElementById("app");
if (root) {
  const around = { api, session, alerts, storage, announce: announcer.announce };
  render(
    <>
      <App around={around} />
      <announcer.Region />
    </>,
    root,
  );
}
