import "./css/catalogue.css";
import "./elements/batch-progress";
import "./elements/cell-grid";
import "./elements/late-cell";
import "./elements/sound-wave";
import "./elements/name-search";
import "./elements/row-list";
import "./elements/name-chooser";
