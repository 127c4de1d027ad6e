select decision_class, workflow, title, description, taxonomy_version
from {{ ref("decision_classes") }}
