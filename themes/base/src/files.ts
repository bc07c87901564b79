import "./css/files.css";
import "./elements/batch-files";
