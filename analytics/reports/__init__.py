"""The six reports, a module each: frozen params and result, and one public function."""
