select
    changes.former_class,
    changes.decision_class,
    classes.workflow,
    changes.kind,
    changes.taxonomy_version,
    changes.effective_from,
    changes.kind = 'renamed' as has_kept_evidence,
    changes.owner,
    changes.reason
from {{ ref("taxonomy_changes") }} as changes
left join
    {{ ref("decision_classes") }} as classes on changes.decision_class = classes.decision_class
