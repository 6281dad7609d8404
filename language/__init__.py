"""The author's text: reading, checking, formatting, and the JSON Schema of the workflow language.

Home of PyYAML, ruamel.yaml and jsonschema. Nothing here runs a workflow.
"""
