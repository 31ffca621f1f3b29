"""docstage: fills office templates with order data, numbers, files, finds and sends the documents."""

__version__ = "0.1.0"
