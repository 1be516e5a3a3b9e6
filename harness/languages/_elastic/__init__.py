"""What the languages that run on an Elasticsearch index share: analysis, dates, field types."""
