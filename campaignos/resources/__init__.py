"""What makes a resource of the API: lists with filters, order and pages, rows by their ids, CSV, and its schema.

Which rows there are, and who may, says the app whose resource it is: this knows neither workspaces nor their models.
"""
