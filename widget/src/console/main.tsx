/** The console's entry. */

import { render } from "preact";

const root = document.getElementById("app");
if (root) render(<p>Straks</p>, root);
