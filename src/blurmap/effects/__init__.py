"""The paper's applications: blur magnified, subject cut out."""
