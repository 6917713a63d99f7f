/** Everything a page of the desk needs; each module finds its own elements. */

import "./menus.js";
import "./look.js";
import "./resize.js";
import "./toast.js";
import "./clocks.js";
import "./list.js";
import "./live.js";
import "./composer.js";
import "./macros.js";
import "./command.js";
import "./sheet.js";
import "./copy.js";
import "./mail.js";
import { listen } from "./keys.js";

listen(document);
